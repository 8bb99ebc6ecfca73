// Mosaics whose sources are known - circular Gaussians through a Gaussian PSF, which are Gaussians again,
// written down pixel by pixel - and commands on them.
#pragma once

#include "engine/core/array2d.h"
#include "engine/io/fits.h"
#include "engine/io/table.h"

#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::tests {

constexpr double scale_20 = 0.02, scale_40 = 0.04;
constexpr double psf_arcsec = 0.028;  // sigma of the PSF at 20 mas
constexpr double psf_40_arcsec = 0.05;
constexpr double noise_20 = 0.5, noise_40 = 1.0;  // nJy per pixel
constexpr int width_20 = 300, edge = 30, spacing = 48;

struct Source {
  double x, y;  ///< 20 mas pixel from 0
  double flux_njy, sigma_arcsec;
};

/// Where a mosaic's pixels lie in those of 20 mas.
struct Grid {
  int width;
  double scale_arcsec;
  double to_20(double pixel) const { return (pixel + 0.5) * scale_arcsec / scale_20 - 0.5; }
  double from_20(double pixel) const { return (pixel + 0.5) * scale_20 / scale_arcsec - 0.5; }
};
constexpr Grid grid_20{width_20, scale_20}, grid_40{width_20 / 2, scale_40};

/// Twenty-five on a jittered grid.
std::vector<Source> sources();
/// With white noise of the stream `band`.
Array2D<float> image_of(const std::vector<Source>& list, const Grid& grid, double psf, double noise,
                        const char* band);
/// North up, the same centre on the sky for all grids.
io::FitsHeader header_of(const Grid& grid, const std::string& ra_deg = "110.8250");
void write_mosaic(const std::filesystem::path& path, const Array2D<float>& image, double noise,
                  const io::FitsHeader& header);
void write_catalog(const std::filesystem::path& path, const std::vector<Source>& list);

/// A folder with the mosaics a.fits (20 mas), b.fits (40 mas) and nosky.fits, the PSFs psf_a.fits and
/// psf_b.fits, and list.ecsv, the sources.
const std::filesystem::path& folder();
std::string in_folder(const std::string& name);
/// Options of `arcproof fit` for a band.
std::string band(const std::string& name, const std::string& mosaic, const std::string& psf);
std::string one_band();

/// Runs a command that must succeed, and reads its table.
io::Table table_of(const std::string& arguments, const std::string& output);
void expect_verified(const std::string& file);
/// Exit code 2, one line that holds the words, and nothing written.
void expect_refused(const std::string& arguments, const std::string& words);

}  // namespace arcproof::tests

// From light samples at any positions to pixels: convolution with the full PSF image.
//
// The PSF image is known at pixel centres and taken to be band-limited there (it is the image of a
// telescope); a sample's light is the PSF shifted to its position. The Fourier transform of all samples at
// the frequencies of the pixel grid - a non-uniform transform, by spreading onto a twice finer grid with the
// kernel exp(b (sqrt(1 - z^2) - 1)) of Barnett, Magland & af Klinteberg (2019), exact to 1e-7 - times the
// PSF's, transformed back, gives the pixels.
//
// Shares no code with the fit's model.
#pragma once

#include "engine/core/array2d.h"
#include "engine/sky/pixel_map.h"
#include "engine/sky/psf.h"
#include "mocks/shoot.h"

#include <complex>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <tuple>
#include <vector>

namespace arcproof::mocks {

/// A rectangle of pixels to add to an image: (0, 0) of `flux` is pixel (x0, y0).
struct Patch {
  int x0 = 0, y0 = 0;
  Array2D<double> flux;
};

/// Convolves with the PSFs of several bands, each on its own grid. PSF transforms are kept. Thread-safe.
class Convolver {
 public:
  explicit Convolver(std::vector<std::shared_ptr<const sky::Psf>> psfs);
  /// One patch a band. The patch holds the piece and the PSF's whole image around it. `maps` carry the
  /// piece's pixels to each band's; empty: all bands lie on the piece's grid.
  std::vector<Patch> convolve(const Piece& piece, std::span<const sky::PixelMap> maps = {}) const;
  /// Convolves an image with the PSF of one band; light beyond the edges is lost.
  Array2D<double> convolve_image(const Array2D<double>& image, std::size_t band) const;
  std::size_t bands() const { return psfs_.size(); }

 private:
  using Spectrum = Array2D<std::complex<double>>;
  const Spectrum& psf_spectrum(std::size_t band, int width, int height) const;
  void convolve_bands(const Piece& piece, std::span<const std::size_t> bands,
                      std::vector<Patch>& patches) const;
  std::vector<std::shared_ptr<const sky::Psf>> psfs_;
  mutable std::mutex mutex_;
  mutable std::map<std::tuple<std::size_t, int, int>, std::unique_ptr<Spectrum>> spectra_;
};

/// Transform of samples on the half plane of a width x height pixel grid whose pixel (0, 0) is at (x0, y0);
/// even sizes. The row and column at the Nyquist frequency are zero: a real band-limited image has nothing
/// definite there.
Array2D<std::complex<double>> spectrum_of(const std::vector<Sample>& samples, int x0, int y0, int width,
                                          int height);

/// Adds a patch times a factor, where it overlaps the image.
void add_patch(Array2D<float>& image, const Patch& patch, double factor);

}  // namespace arcproof::mocks

#include "tests/end_to_end/mosaics.h"

#include "engine/core/random.h"
#include "engine/core/units.h"
#include "engine/io/ecsv.h"
#include "engine/io/fits.h"
#include "tests/end_to_end/program.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::tests {

namespace fs = std::filesystem;

// Twenty-five on a jittered grid.
std::vector<Source> sources() {
  Random random({20240711, "standalone sources"});
  std::vector<Source> result;
  for (int j = 0; j < 5; ++j)
    for (int i = 0; i < 5; ++i)
      result.push_back({edge + i * spacing + random.uniform(-3, 3),
                        edge + j * spacing + random.uniform(-3, 3), random.uniform(100, 400),
                        random.uniform(0.016, 0.03)});
  return result;
}

Array2D<float> image_of(const std::vector<Source>& list, const Grid& grid, double psf, double noise,
                        const char* band) {
  Random random({20240711, "standalone noise", -1, -1, band});
  Array2D<float> image(grid.width, grid.width);
  for (int y = 0; y < grid.width; ++y)
    for (int x = 0; x < grid.width; ++x) {
      double value = random.normal(0, noise);
      for (const Source& s : list) {
        const double variance =
            (s.sigma_arcsec * s.sigma_arcsec + psf * psf) / (grid.scale_arcsec * grid.scale_arcsec);
        const double r = std::hypot(x - grid.from_20(s.x), y - grid.from_20(s.y));
        value += s.flux_njy * std::exp(-0.5 * r * r / variance) / (2 * units::pi * variance);
      }
      image(x, y) = static_cast<float>(value);
    }
  return image;
}

// North up, the same centre on the sky for all grids.
io::FitsHeader header_of(const Grid& grid, const std::string& ra_deg) {
  io::FitsHeader header;
  header.add("BUNIT", "nJy");
  const std::string centre = fmt::format("{:.2f}", 0.5 * (grid.width + 1));
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"CTYPE1", "RA---TAN"},
           {"CTYPE2", "DEC--TAN"},
           {"CRPIX1", centre},
           {"CRPIX2", centre},
           {"CRVAL1", ra_deg},
           {"CRVAL2", "-73.4540"},
           {"CDELT1", fmt::format("{:.12e}", -grid.scale_arcsec / 3600)},
           {"CDELT2", fmt::format("{:.12e}", grid.scale_arcsec / 3600)},
           {"RADESYS", "ICRS"}})
    header.add(key, value);
  return header;
}

void write_mosaic(const fs::path& path, const Array2D<float>& image, double noise,
                  const io::FitsHeader& header) {
  io::write_fits_images(
      path, {{"SCI", image, header},
             {"ERR", Array2D<float>(image.width(), image.height(), static_cast<float>(noise)), header}});
}

void write_psf(const fs::path& path, double sigma_arcsec, double scale_arcsec) {
  constexpr int half = 25;
  Array2D<float> image(2 * half + 1, 2 * half + 1);
  for (int y = -half; y <= half; ++y)
    for (int x = -half; x <= half; ++x)
      image(x + half, y + half) = static_cast<float>(
          std::exp(-0.5 * (x * x + y * y) * scale_arcsec * scale_arcsec / (sigma_arcsec * sigma_arcsec)));
  io::FitsHeader header;
  header.add("PIXSCALE", fmt::format("{:.6f}", scale_arcsec));
  io::write_fits_images(path, {{"PSF", image, header}});
}

void write_catalog(const fs::path& path, const std::vector<Source>& list) {
  io::Table table;
  io::Reals x, y;
  for (const Source& s : list) {
    x.push_back(s.x);
    y.push_back(s.y);
  }
  table.add("x", "pix", "", x);
  table.add("y", "pix", "", y);
  io::write_ecsv(path, table);
}

/// A folder with two mosaics, their PSFs and the list of sources.
const fs::path& folder() {
  static const fs::path made = [] {
    const fs::path path = scratch_folder("standalone");
    write_mosaic(path / "a.fits", image_of(sources(), grid_20, psf_arcsec, noise_20, "F150W"), noise_20,
                 header_of(grid_20));
    write_mosaic(path / "b.fits", image_of(sources(), grid_40, psf_40_arcsec, noise_40, "F444W"), noise_40,
                 header_of(grid_40));
    io::FitsHeader no_sky;
    no_sky.add("BUNIT", "nJy");
    write_mosaic(path / "nosky.fits", image_of(sources(), grid_20, psf_arcsec, noise_20, "F150W"), noise_20,
                 no_sky);
    write_psf(path / "psf_a.fits", psf_arcsec, scale_20);
    write_psf(path / "psf_b.fits", psf_40_arcsec, scale_40);
    write_catalog(path / "list.ecsv", sources());
    return path;
  }();
  return made;
}

std::string in_folder(const std::string& name) { return (folder() / name).string(); }
std::string band(const std::string& name, const std::string& mosaic, const std::string& psf) {
  return fmt::format(" --image '{0}={1}[SCI]' --error '{0}={1}[ERR]' --psf {0}={2}", name, in_folder(mosaic),
                     in_folder(psf));
}
std::string one_band() { return band("F150W", "a.fits", "psf_a.fits"); }

/// Runs a command that must succeed, and reads its table.
io::Table table_of(const std::string& arguments, const std::string& output) {
  const Outcome outcome = run_program(arguments + " -o " + in_folder(output));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  return io::read_fits_table(in_folder(output));
}

void expect_verified(const std::string& file) {
  const Outcome outcome = run_command("fitsverify " + in_folder(file));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("0 warning(s) and 0 error(s)"), std::string::npos) << outcome.output;
}

void expect_refused(const std::string& arguments, const std::string& words) {
  const fs::path output = folder() / "refused.fits";
  const Outcome outcome = run_program(arguments + " -o " + output.string());
  EXPECT_EQ(outcome.exit_code, 2) << arguments << "\n" << outcome.output;
  EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
  EXPECT_NE(outcome.output.find(words), std::string::npos) << outcome.output;
  EXPECT_EQ(outcome.output.find("recipe"), std::string::npos) << outcome.output;
  EXPECT_FALSE(fs::exists(output)) << arguments;
}

}  // namespace arcproof::tests

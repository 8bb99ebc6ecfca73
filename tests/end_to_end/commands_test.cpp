// The commands detect, fit and psf on mosaics whose sources are known: circular Gaussians through a Gaussian
// PSF, which are Gaussians again, written down pixel by pixel.
#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/io/ds9.h"
#include "engine/io/ecsv.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "tests/end_to_end/program.h"
#include "tests/support/data.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::tests {
namespace {

namespace fs = std::filesystem;

constexpr double scale_20 = 0.02, scale_40 = 0.04;
constexpr double psf_arcsec = 0.028;  // sigma of the PSF at 20 mas
constexpr double psf_40_arcsec = 0.05;
constexpr double noise_20 = 0.5, noise_40 = 1.0;  // nJy per pixel
constexpr int width_20 = 300, edge = 30, spacing = 48;

struct Source {
  double x, y;  ///< 20 mas pixel from 0
  double flux_njy, sigma_arcsec;
};

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

/// Where a mosaic's pixels lie in those of 20 mas.
struct Grid {
  int width;
  double scale_arcsec;
  double to_20(double pixel) const { return (pixel + 0.5) * scale_arcsec / scale_20 - 0.5; }
  double from_20(double pixel) const { return (pixel + 0.5) * scale_20 / scale_arcsec - 0.5; }
};
constexpr Grid grid_20{width_20, scale_20}, grid_40{width_20 / 2, scale_40};

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
io::FitsHeader header_of(const Grid& grid, const std::string& ra_deg = "110.8250") {
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

// Both tails of chi-squared at 1e-4 each: the false-alarm rate of each call is 2e-4. The noise has a fixed
// seed.
void expect_chi_squared(double chi2, std::size_t n) {
  const double p = statistics::chi_squared_sf(chi2, static_cast<double>(n));
  EXPECT_GT(p, 1e-4) << chi2 << " for " << n;
  EXPECT_LT(p, 1 - 1e-4) << chi2 << " for " << n;
}

double chi_squared(const io::Reals& flux, const io::Reals& error) {
  double sum = 0;
  const std::vector<Source> truth = sources();
  for (std::size_t i = 0; i < truth.size(); ++i) sum += std::pow((flux[i] - truth[i].flux_njy) / error[i], 2);
  return sum;
}

// ---------------------------------------------------------------- detect

TEST(Detect, FindsEverySourceAtItsPlace) {
  const io::Table table = table_of(
      fmt::format("detect --image '{0}[SCI]' --error '{0}[ERR]' --threshold 3 --psf {1} --regions {2}",
                  in_folder("a.fits"), in_folder("psf_a.fits"), in_folder("det.reg")),
      "det.fits");
  EXPECT_EQ(table.rows(), 25u);  // of the brightest noise peaks none reaches 3 sigma on five pixels
  for (const Source& s : sources()) {
    double nearest = HUGE_VAL;
    for (std::size_t i = 0; i < table.rows(); ++i)
      nearest = std::min(nearest, std::hypot(table.reals("x")[i] - s.x, table.reals("y")[i] - s.y));
    EXPECT_LT(nearest, 0.5);
  }
  for (const double snr : table.reals("snr_psf")) EXPECT_GT(snr, 20);
  EXPECT_EQ(table.column("flux_isophotal").unit, "nJy");
  expect_verified("det.fits");
}

// The regions on the sky are at the catalogue's ra and dec, and those of an image without WCS count pixels
// from 1.
TEST(Detect, RegionsAreOnTheSkyOrCountFromOne) {
  const io::Table sky = table_of(
      fmt::format("detect --image '{}[SCI]' --regions {}", in_folder("a.fits"), in_folder("sky.reg")),
      "sky.fits");
  const io::Ds9File on_sky = io::read_ds9(in_folder("sky.reg"));
  EXPECT_EQ(on_sky.frame, io::Ds9Frame::icrs);
  ASSERT_EQ(on_sky.regions.size(), sky.rows());
  EXPECT_NEAR(on_sky.regions[3].x, sky.reals("ra")[3], 1e-8);
  EXPECT_NEAR(on_sky.regions[3].y, sky.reals("dec")[3], 1e-8);
  const io::Table image = table_of(fmt::format("detect --image '{}[SCI]' --pixel-scale 0.02 --regions {}",
                                               in_folder("nosky.fits"), in_folder("image.reg")),
                                   "image.fits");
  const std::string text = io::read_text(in_folder("image.reg"));
  EXPECT_NE(text.find(fmt::format("({:.3f},{:.3f},", image.reals("x")[0] + 1, image.reals("y")[0] + 1)),
            std::string::npos)
      << text;
  EXPECT_TRUE(std::isnan(image.reals("ra")[0]));
}

// ---------------------------------------------------------------- fit

// 25 sources of S/N 8 to 52, seed 20240711; see expect_chi_squared for the false-alarm rate.
TEST(Fit, RecoversFluxesWithinTheirErrors) {
  const io::Table table =
      table_of("fit -j2 --redraws 100" + one_band() + " --catalog " + in_folder("list.ecsv") + " --regions " +
                   in_folder("fit.reg") + " --residual " + in_folder("residual.fits"),
               "fit.fits");
  ASSERT_EQ(table.rows(), 25u);
  expect_chi_squared(chi_squared(table.reals("flux_f150w"), table.reals("flux_f150w_err_analytic")), 25);
  std::vector<double> ratio;
  for (std::size_t i = 0; i < 25; ++i) {
    EXPECT_EQ(table.texts("fit_status")[i], "converged");
    ratio.push_back(table.reals("flux_f150w_err")[i] / table.reals("flux_f150w_err_analytic")[i]);
    EXPECT_NEAR(table.reals("sigma_circular_pix")[i], sources()[i].sigma_arcsec / scale_20, 0.3);
    EXPECT_NEAR(table.reals("x")[i], sources()[i].x, 0.3);
    EXPECT_NEAR(table.reals("mag_f150w")[i], 31.4 - 2.5 * std::log10(table.reals("flux_f150w")[i]), 1e-10);
  }
  // 100 redraws know an error to 10%, hence the median of 25 to 2.5%. Single ratios differ: below S/N 10
  // errors are not linear.
  EXPECT_NEAR(statistics::median(ratio), 1, 0.1);
  EXPECT_EQ(table.column("flux_f150w").unit, "nJy");
  expect_verified("fit.fits");
  expect_verified("residual.fits");
  EXPECT_EQ(io::read_ds9(in_folder("fit.reg")).regions.size(), 25u);
  // What is left is noise: sigma of 90,000 pixels is known to 0.24%; the fits take away a little.
  const Array2D<double> residual = io::read_fits_image(in_folder("residual.fits")).pixels;
  const std::vector<double> pixels(residual.begin(), residual.end());
  EXPECT_NEAR(statistics::standard_deviation(pixels) / noise_20, 1, 0.02);
}

TEST(Fit, DetectsWhereNoListIsGiven) {
  const io::Table table = table_of("fit --threshold 3 --redraws 0" + one_band(), "found.fits");
  EXPECT_EQ(table.rows(), 25u);
  for (const double error : table.reals("flux_f150w_err")) EXPECT_TRUE(std::isnan(error));
  for (const double snr : table.reals("snr_f150w")) EXPECT_GT(snr, 10);
}

// Flat spectra: the flux in the 40 mas mosaic is that in the 20 mas one. Same statistics as above.
TEST(Fit, MixesPixelScales) {
  const std::string both = one_band() + band("F444W", "b.fits", "psf_b.fits") + " --reference F150W";
  const io::Table table =
      table_of("fit -j2 --redraws 100" + both + " --catalog " + in_folder("list.ecsv"), "mixed.fits");
  ASSERT_EQ(table.rows(), 25u);
  // The shape's error is in F444W's flux, but not in its analytic error: the redraws' error has it, known to
  // 10%.
  expect_chi_squared(chi_squared(table.reals("flux_f444w"), table.reals("flux_f444w_err")), 25);
}

// Pairs 3.2 pixels apart are fitted together, and in F444W, where they lie 1.6 pixels apart, at the places
// and with the shapes of F150W: what is wrong with the map between the grids goes into their fluxes. 18
// fluxes, statistics as above.
TEST(Fit, MixesPixelScalesOfPairs) {
  Random random({20240711, "standalone pairs"});
  std::vector<Source> pairs;
  for (int i = 0; i < 9; ++i) {
    const double x = 50.0 + 90 * (i % 3) + random.uniform(-3, 3),
                 y = 50.0 + 90 * static_cast<double>(i / 3) + random.uniform(-3, 3);
    const double angle = random.uniform(0, units::pi);
    pairs.push_back({x, y, random.uniform(800, 1500), 0.02});
    pairs.push_back({x + 3.2 * std::cos(angle), y + 3.2 * std::sin(angle), random.uniform(800, 1500), 0.02});
  }
  write_mosaic(folder() / "pairs_a.fits", image_of(pairs, grid_20, psf_arcsec, noise_20, "F150W"), noise_20,
               header_of(grid_20));
  write_mosaic(folder() / "pairs_b.fits", image_of(pairs, grid_40, psf_40_arcsec, noise_40, "F444W"),
               noise_40, header_of(grid_40));
  write_catalog(folder() / "pairs.ecsv", pairs);
  const io::Table table =
      table_of("fit -j2" + band("F150W", "pairs_a.fits", "psf_a.fits") +
                   band("F444W", "pairs_b.fits", "psf_b.fits") + " --catalog " + in_folder("pairs.ecsv"),
               "pairs.fits");
  double chi2 = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_EQ(table.integers("group_size")[i], 2);
    chi2 +=
        std::pow((table.reals("flux_f444w")[i] - pairs[i].flux_njy) / table.reals("flux_f444w_err")[i], 2);
  }
  expect_chi_squared(chi2, pairs.size());
}

TEST(Fit, GivesTheSameBytesOnAnyNumberOfThreads) {
  const std::string arguments = "fit --redraws 10 --noise correlated" + one_band();
  table_of(arguments + " -j1", "one.fits");
  table_of(arguments + " -j3", "three.fits");
  EXPECT_EQ(io::read_text(in_folder("one.fits")), io::read_text(in_folder("three.fits")));
}

TEST(Fit, KeepsEveryRow) {
  std::vector<Source> list = sources();
  list.resize(5);
  list[1].x = -500;
  list[2].y = 1e12;
  list[3].x = std::numeric_limits<double>::quiet_NaN();
  write_catalog(folder() / "outside.ecsv", list);
  const io::Table table =
      table_of("fit --redraws 5" + one_band() + " --catalog " + in_folder("outside.ecsv") + " --regions " +
                   in_folder("outside.reg") + " --residual " + in_folder("outside_residual.fits"),
               "outside.fits");
  ASSERT_EQ(table.rows(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    const bool fitted = i == 0 || i == 4;
    EXPECT_EQ(table.texts("fit_status")[i], fitted ? "converged" : "too_few_pixels");
    EXPECT_EQ(std::isfinite(table.reals("flux_f150w")[i]), fitted);
    EXPECT_EQ(table.integers("id")[i], static_cast<std::int64_t>(i));
  }
  EXPECT_EQ(table.reals("x")[1], -500);
}

// Right ascension and declination of a first run lead to the same places; one on the other side of the sky
// keeps its row.
TEST(Fit, TakesSkyPositions) {
  const io::Table first =
      table_of("detect --threshold 3 --image '" + in_folder("a.fits") + "[SCI]'", "first.fits");
  io::Table places;
  io::Reals ra = first.reals("ra"), dec = first.reals("dec");
  io::Texts names(25, "clump");
  names[7] = "A b";
  ra[0] = 290.825;
  dec[0] = 73.454;
  places.add("RA", "deg", "", ra);
  places.add("DEC", "deg", "", dec);
  places.add("ID", "", "", names);
  io::write_fits_tables(folder() / "places.fits", {places});
  const io::Table table =
      table_of("fit --redraws 0" + one_band() + " --catalog " + in_folder("places.fits"), "sky_fit.fits");
  ASSERT_EQ(table.rows(), 25u);
  EXPECT_EQ(table.texts("id")[7], "A b");
  EXPECT_EQ(table.texts("fit_status")[0], "too_few_pixels");
  for (std::size_t i = 1; i < 25; ++i) EXPECT_NEAR(table.reals("x")[i], first.reals("x")[i], 0.5);
}

// A Gaussian is the Sersic profile of index 0.5, its half-light radius sqrt(2 ln 2) sigma. Errors are those
// of the fit: chi-squared of 25 radii and fluxes.
TEST(Fit, SersicModel) {
  const io::Table table = table_of("fit -j2 --redraws 0 --model sersic --sersic-index 0.5 --sersic-size 21" +
                                       one_band() + " --catalog " + in_folder("list.ecsv"),
                                   "sersic.fits");
  ASSERT_EQ(table.rows(), 25u);
  double radius = 0;
  for (std::size_t i = 0; i < 25; ++i) {
    const double truth = sources()[i].sigma_arcsec / scale_20 * std::sqrt(2 * std::log(2.0));
    radius +=
        std::pow((table.reals("sersic_radius_pix")[i] - truth) / table.reals("sersic_radius_pix_err")[i], 2);
    EXPECT_EQ(table.reals("sersic_n")[i], 0.5);
  }
  expect_chi_squared(radius, 25);
  expect_chi_squared(chi_squared(table.reals("sersic_flux"), table.reals("sersic_flux_err")), 25);
  expect_verified("sersic.fits");
}

// ---------------------------------------------------------------- psf

// Six stars, six galaxies as bright (sigma 2 to 3 times the PSF's), two stars with close companions.
TEST(PsfCommand, FindsTheStarsOfAMosaic) {
  Random random({20240711, "standalone stars"});
  std::vector<Source> list;
  for (int i = 0; i < 14; ++i) {
    const double x = 60 + 100 * (i % 4) + random.uniform(-5, 5),
                 y = 60 + 100 * static_cast<double>(i / 4) + random.uniform(-5, 5);
    const bool galaxy = i >= 6 && i < 12;
    list.push_back({x, y, 3e4, galaxy ? psf_arcsec * random.uniform(1.5, 3) : 0});
    if (i >= 12) list.push_back({x + 15, y + 5, 5e3, 0});
  }
  const Grid grid{460, scale_20};
  write_mosaic(folder() / "stars.fits", image_of(list, grid, psf_arcsec, noise_20, "stars"), noise_20,
               header_of(grid));
  const Outcome outcome =
      run_program(fmt::format("psf --image '{}[SCI]' --stars auto --size 61 --form image -o {} --regions {}",
                              in_folder("stars.fits"), in_folder("stack.fits"), in_folder("stars.reg")));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const io::Table stars = io::read_fits_table(in_folder("stack.fits"), "STARS");
  int used = 0;
  for (std::size_t i = 0; i < stars.rows(); ++i) {
    if (!stars.flags("used")[i]) continue;
    ++used;
    double nearest = HUGE_VAL;
    for (int k = 0; k < 6; ++k)
      nearest = std::min(nearest, std::hypot(list[static_cast<std::size_t>(k)].x - stars.reals("x")[i],
                                             list[static_cast<std::size_t>(k)].y - stars.reals("y")[i]));
    EXPECT_LT(nearest, 0.3);
  }
  EXPECT_EQ(used, 6) << outcome.output;
  const io::FitsImage psf = io::read_fits_image(in_folder("stack.fits"), "PSF");
  const double fwhm = 2 * std::sqrt(2 * std::log(2.0)) * psf_arcsec;
  EXPECT_NEAR(psf.header.number("FWHM").value() / fwhm, 1, 0.02);
  EXPECT_NEAR(psf.header.number("PIXSCALE").value(), scale_20, 1e-6);
  expect_verified("stack.fits");
}

TEST(PsfCommand, ResamplesAndFitsTheProfile) {
  const Outcome outcome =
      run_program(fmt::format("psf --psf '{}[PSF]' --to-scale 0.02 --form parametric -o {}",
                              in_folder("psf_b.fits"), in_folder("profile.fits")));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const io::FitsImage psf = io::read_fits_image(in_folder("profile.fits"));
  EXPECT_NEAR(psf.header.number("FWHM").value(), 2 * std::sqrt(2 * std::log(2.0)) * psf_40_arcsec, 0.001);
  EXPECT_LT(psf.header.number("RMSRES").value(), 1e-3);
  EXPECT_GT(io::read_fits_table(in_folder("profile.fits"), "PROFILE").rows(), 10u);
  // Half of a Gaussian's light lies within sqrt(2 ln 2) sigma = 0.0589".
  const io::Table energy = io::read_fits_table(in_folder("profile.fits"), "ENERGY");
  EXPECT_NEAR(energy.reals("encircled_energy")[5], 1 - std::exp(-0.5 * std::pow(0.06 / psf_40_arcsec, 2)),
              0.01);
  expect_verified("profile.fits");
}

// ---------------------------------------------------------------- bad input

void expect_refused(const std::string& arguments, const std::string& words) {
  const fs::path output = folder() / "refused.fits";
  const Outcome outcome = run_program(arguments + " -o " + output.string());
  EXPECT_EQ(outcome.exit_code, 2) << arguments << "\n" << outcome.output;
  EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
  EXPECT_NE(outcome.output.find(words), std::string::npos) << outcome.output;
  EXPECT_EQ(outcome.output.find("recipe"), std::string::npos) << outcome.output;
  EXPECT_FALSE(fs::exists(output)) << arguments;
}

TEST(Refused, ByDetect) {
  const std::string a = in_folder("a.fits");
  expect_refused("detect --image nowhere.fits", "--image");
  expect_refused("detect --image '" + a + "[DQ]'", "no such HDU");
  expect_refused("detect --image '" + in_folder("nosky.fits") + "[SCI]'", "--pixel-scale");
  expect_refused(fmt::format("detect --image '{0}[SCI]' --error '{0}[ERR]' --weight '{0}[ERR]'", a),
                 "one of the two");
  expect_refused("detect --image '" + a + "[SCI]' --error " + a, "a.fits[ERR]");
  expect_refused("detect --image '" + a + "[SCI]' --psf F999W", "--psf");
  expect_refused("detect --image '" + a + "[SCI]' --threshold -1", "--threshold");
  expect_refused("detect --image '" + a + "[SCI]' --regions /nowhere/at/all.reg", "--regions");
  const std::string before = io::read_text(a);
  EXPECT_EQ(run_program("detect --image '" + a + "[SCI]' -o " + a).exit_code, 2);
  EXPECT_EQ(io::read_text(a), before);
}

TEST(Refused, ByFit) {
  expect_refused("fit --image 'F150W=" + in_folder("a.fits") + "[SCI]' --psf F200W=embedded", "F200W");
  expect_refused("fit" + one_band() + " --image F200W=" + in_folder("a.fits"), "no PSF for the band F200W");
  expect_refused("fit" + one_band() + " --reference F999W", "--reference");
  expect_refused("fit" + one_band() + " --noise pink", "--noise");
  expect_refused("fit" + one_band() + " --threshold nan", "--threshold");
  expect_refused("fit" + one_band() + " --min-area -3", "--min-area");
  expect_refused("fit" + one_band() + " --group-distance nan", "--group-distance");
  expect_refused("fit" + one_band() + " --sersic-index 2", "--model sersic");
  expect_refused("fit --image " + in_folder("a.fits") + " --psf F150W=embedded", "BAND=VALUE");
  expect_refused("fit" + one_band() + " --catalog missing.fits", "--catalog");
  write_mosaic(folder() / "far.fits", Array2D<float>(60, 60, 1.0F), noise_40, header_of(grid_40, "290.8250"));
  expect_refused("fit" + one_band() + band("F444W", "far.fits", "psf_b.fits"), "no sky in common with F150W");
  io::Table table;
  table.add("flux", "nJy", "", io::Reals{1});
  io::write_ecsv(folder() / "no_places.ecsv", table);
  expect_refused("fit" + one_band() + " --catalog " + in_folder("no_places.ecsv"), "x and y");
  table.add("ra", "deg", "", io::Reals{1});
  table.add("dec", "deg", "", io::Reals{1});
  io::write_ecsv(folder() / "sky_places.ecsv", table);
  expect_refused("fit --pixel-scale 0.02" + band("F150W", "nosky.fits", "psf_a.fits") + " --catalog " +
                     in_folder("sky_places.ecsv"),
                 "no WCS");
  expect_refused("fit --pixel-scale F150W=0.02 " + band("F150W", "nosky.fits", "psf_a.fits") +
                     band("F444W", "b.fits", "psf_b.fits"),
                 "a WCS in both");
}

TEST(Refused, ByPsf) {
  expect_refused("psf", "none of them");
  expect_refused("psf --image '" + in_folder("a.fits") + "[SCI]'", "--stars");
  for (const char* option : {"--to-scale nan", "--to-scale 0", "--pixel-scale nan", "--size 99999"})
    expect_refused("psf --image '" + in_folder("a.fits") + "[SCI]' --stars auto " + option,
                   std::string(option).substr(0, std::string(option).find(' ')));
  expect_refused("psf --psf '" + in_folder("a.fits") + "[SCI]' --to-scale 1e-9", "at most 20 times finer");
  expect_refused("psf --image '" + in_folder("a.fits") + "[SCI]' --stars auto --min-snr 1e6",
                 "nothing with S/N above");
  expect_refused("psf --psf " + in_folder("psf_a.fits") + " --pixel-scale 0.03", "--pixel-scale");
  expect_refused("psf --psf " + in_folder("psf_a.fits") + " --form round", "--form");
  expect_refused("psf --psf " + in_folder("list.ecsv"), "FITS");
}

// ---------------------------------------------------------------- lenses

/// Places behind the embedded cluster, with a shape and a flux.
std::string clumps_behind_the_cluster() {
  io::Table table("CLUMPS");
  table.add("id", "", "", io::Texts{"A", "B", "C"});
  table.add("ra", "deg", "", io::Reals{14.9992, 15.001, 15.0005});
  table.add("dec", "deg", "", io::Reals{-1.9987, -2.001, -2.0012});
  table.add("z", "", "", io::Reals{1.4, 2, 0.3});  // the last one is in front
  table.add("sigma_major_pix", "pix", "", io::Reals{3, 0.2, 2});
  table.add("sigma_minor_pix", "pix", "", io::Reals{1.5, 0.2, 2});
  table.add("pa_deg", "deg", "", io::Reals{30, 0, 0});
  table.add("flux_f150w", "nJy", "", io::Reals{40, 20, 20});
  table.add("flux_f150w_err", "nJy", "", io::Reals{4, 4, 4});
  io::write_fits_tables(folder() / "clumps.fits", {table});
  return in_folder("clumps.fits");
}

// A map is made, and a catalogue goes through it: the numbers are those through the model itself. Threads
// change no bit.
TEST(LensCommands, MapAndModelGiveTheSameCatalogue) {
  const std::string clumps = clumps_behind_the_cluster();
  const Outcome map = run_program(
      fmt::format("lens-map --cluster --posterior-rows 5 --z 2 --size 16 --step 0.04 -j2 -o {} --critical {} "
                  "--caustics {}",
                  in_folder("lens.fits"), in_folder("critical.reg"), in_folder("caustics.reg")));
  ASSERT_EQ(map.exit_code, 0) << map.output;
  EXPECT_NE(map.output.find("effective radius"), std::string::npos) << map.output;
  expect_verified("lens.fits");
  EXPECT_NE(io::read_text(in_folder("caustics.reg")).find("polygon("), std::string::npos);
  const std::string command = "delens " + clumps + " --pixel-scale 0.02 ";
  const io::Table exact = table_of(command + "--cluster --posterior-rows 9 -j1", "delensed.fits");
  table_of(command + "--cluster --posterior-rows 9 -j3", "delensed_3.fits");
  EXPECT_EQ(io::read_text(in_folder("delensed.fits")), io::read_text(in_folder("delensed_3.fits")));
  expect_verified("delensed.fits");
  const io::Table of_map = table_of(command + "--map " + in_folder("lens.fits"), "delensed_map.fits");
  EXPECT_EQ(of_map.texts("status"), (io::Texts{"ok", "ok", "not_behind_lens"}));
  for (const std::size_t i : {0, 1})
    for (const char* column : {"mu", "r_eff_pc", "absmag_f150w", "source_sigma_major_pc"})
      EXPECT_NEAR(of_map.reals(column)[i] / exact.reals(column)[i], 1, 0.002) << column;  // bilinear Hessian
  EXPECT_EQ(exact.column("r_eff_pc").unit, "pc");
  const io::Table images = table_of(
      "images --cluster --size 30 --ra 15.001 --dec -2.001 --z 2 --regions " + in_folder("images.reg"),
      "images.fits");
  EXPECT_GE(images.rows(), 3u);
  EXPECT_EQ(io::read_ds9(in_folder("images.reg")).regions.size(), images.rows());
  expect_verified("images.fits");
}

// The catalogue of `fit` as it is, behind a lens of two lines: ellipses in pixels with errors, fluxes in nJy.
TEST(LensCommands, DelensTakesTheTableOfFit) {
  io::write_text(in_folder("lens.par"),
                 "runmode\n\treference 3 110.825 -73.454\n\tend\ngrille\n\tnlentille 1\n\tend\n"
                 "potentiel 1\n\tprofil 81\n\tx_centre 12\n\ty_centre 3\n\tcore_radius 0.5\n"
                 "\tcut_radius 30\n\tv_disp 700\n\tz_lens 0.4\n\tend\nfini\n");
  const io::Table fit =
      table_of("fit --keep-redraws --redraws 20" + one_band() + " --catalog " + in_folder("list.ecsv"),
               "to_delens.fits");
  const io::Table clumps = table_of(
      fmt::format("delens {0} --par {1} --z 2 --pixel-scale 0.02 --draws 40 --redraws '{0}[REDRAWS]'",
                  in_folder("to_delens.fits"), in_folder("lens.par")),
      "fit_delensed.fits");
  ASSERT_EQ(clumps.rows(), 25u);
  for (std::size_t i = 0; i < 25; ++i) {
    EXPECT_EQ(clumps.texts("status")[i], "ok");
    EXPECT_EQ(clumps.texts("size_case")[i] == "unresolved", bool(fit.flags("unresolved")[i]));
    const double mu = clumps.reals("mu")[i], mag = fit.reals("mag_f150w")[i];
    // Distance modulus of z = 2 by astropy 5.2, FlatLambdaCDM(70, 0.3).
    EXPECT_NEAR(clumps.reals("absmag_f150w")[i],
                mag + 2.5 * std::log10(mu) - 45.957197 + 2.5 * std::log10(3.0), 1e-5);
    if (clumps.texts("size_case")[i] == "resolved") {
      EXPECT_GT(clumps.reals("r_eff_err_plus_pc")[i], 0);
    }
  }
  expect_verified("to_delens.fits");
  expect_verified("fit_delensed.fits");
  // Each redraw twice, with the one lens there is; the spread of its fluxes is the fit's error (half the
  // 16-84% range of 20).
  const io::Table draws = io::read_fits_table(in_folder("fit_delensed.fits"), "DRAWS");
  ASSERT_EQ(draws.rows(), 25u * 40u);
  for (std::size_t i = 0; i < 25; ++i) {
    const double spread = clumps.reals("joint_flux_f150w_q84")[i] - clumps.reals("joint_flux_f150w_q16")[i];
    EXPECT_NEAR(spread * clumps.reals("joint_mu_median")[i] / (2 * fit.reals("flux_f150w_err")[i]), 1, 0.35)
        << i;
    EXPECT_EQ(draws.reals("intrinsic_flux_f150w")[40 * i] * draws.reals("mu")[40 * i] > 0, true);
  }
  // The same through a map of the mosaic's field, at its pixel scale. The bilinear Hessian errs by step^2 / 8
  // times its second derivatives, 2 R / r^3 each for an Einstein radius R = 10" and r > 9": 3e-6, and mu by
  // mu_t times that (mu_t is 3.5 to 516 here).
  const Outcome map =
      run_program(fmt::format("lens-map --par {} --z 2 --like '{}[SCI]' -o {}", in_folder("lens.par"),
                              in_folder("a.fits"), in_folder("like.fits")));
  ASSERT_EQ(map.exit_code, 0) << map.output;
  const io::Table of_map = table_of(fmt::format("delens {} --map {} --z 2 --pixel-scale 0.02",
                                                in_folder("to_delens.fits"), in_folder("like.fits")),
                                    "like_delensed.fits");
  for (std::size_t i = 0; i < 25; ++i)
    EXPECT_NEAR(of_map.reals("mu")[i] / clumps.reals("mu")[i], 1, 3e-6 * clumps.reals("mu_tangential")[i]);
}

TEST(LensCommands, RefuseBadInput) {
  const std::string clumps = clumps_behind_the_cluster(), delens = "delens " + clumps + " --pixel-scale 0.02";
  expect_refused(delens, "lens: found none");
  expect_refused(delens + " --cluster --map x.fits", "2 of them");
  expect_refused(delens + " --par nowhere.par", "--par");
  expect_refused(delens + " --par " + clumps, "clumps.fits");
  expect_refused(delens + " --map " + clumps, "ALPHA_X");
  expect_refused(delens + " --cluster --z 2", "one of the two");
  expect_refused(delens + " --cluster --row 2", "--bayes");
  expect_refused("delens " + clumps + " --cluster --pixel-scale 0", "--pixel-scale");
  expect_refused("delens nowhere.fits --cluster --pixel-scale 0.02", "nowhere.fits");
  expect_refused("delens " + in_folder("list.ecsv") + " --cluster --pixel-scale 0.02 --z 2", "column ra");
  expect_refused("lens-map --cluster --size 10 --step 0.1", "--dlsds");
  expect_refused("lens-map --cluster --z 0.2 --size 10 --step 0.1", "above that of the lens");
  expect_refused("lens-map --cluster --z 2 --step 0.1", "--like");
  expect_refused("lens-map --cluster --z 2 --size 10", "--step");
  expect_refused("lens-map --cluster --z 2 --size ten --step 0.1", "--size");
  expect_refused("lens-map --cluster --z 2 --size 10 --step 1e-6", "20000");
  expect_refused("lens-map --cluster --z 2 --size 10 --step 0.1 --centre 400,0", "--centre");
  expect_refused("lens-map --cluster --z 2 --like '" + in_folder("nosky.fits") + "[SCI]'",
                 "no celestial WCS");
  expect_refused("lens-map --cluster --z 2 --size 10 --step 0.1 --critical /nowhere/at/all.reg",
                 "--critical");
  expect_refused("images --cluster --z 2", "position");
  expect_refused("images --cluster --z 2 --ra 15", "--dec");
  expect_refused("images --cluster --z 2 --ra 15 --dec -2.5", "--ra, --dec");
  expect_refused("images --cluster --ra 15 --dec -2", "--z");
  expect_refused("images --cluster --z 0.3 --ra 15 --dec -2", "--z");
}

TEST(Refused, FitOfAnEmptyCatalogue) {
  io::write_text(in_folder("empty.ecsv"),
                 "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: x, datatype: float64}\n"
                 "# - {name: y, datatype: float64}\nx y\n");
  expect_refused("fit" + one_band() + " --catalog " + in_folder("empty.ecsv"), "no sources");
  io::write_text(in_folder("empty.reg"), "image\n");
  expect_refused("fit" + one_band() + " --catalog " + in_folder("empty.reg"), "empty.reg");
}

// ---- sed and library

io::Table photometry(bool magnitudes) {
  io::Table table("PHOTOMETRY");
  table.add("z", "", "", io::Reals{2, 2, 2});
  table.add("mu", "", "", io::Reals{5, 1, 1});
  for (const char* band : {"F090W", "F115W", "F150W", "F200W", "F277W", "F444W"}) {
    // 100 nJy in all bands; the third row has seen nothing.
    const double flux = magnitudes ? units::abmag_from_njy(100) : 0.1;
    const double error = magnitudes ? 0.1 : 0.1 * 0.1 * 0.4 * std::log(10.0);
    const double nothing = std::nan("");
    table.add(std::string("flux_") + band, magnitudes ? "mag" : "uJy", "", io::Reals{flux, flux, nothing});
    table.add(std::string("flux_") + band + "_err", magnitudes ? "mag" : "uJy", "",
              io::Reals{error, error, nothing});
  }
  return table;
}

TEST(Standalone, SedGivesARowForEachAndItsPosterior) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("arcproof_sed_{}", getpid());
  fs::create_directories(folder);
  const std::string at = folder.string();
  io::write_ecsv(folder / "flux.ecsv", photometry(false));
  io::write_fits_tables(folder / "mag.fits", {photometry(true)});
  const Outcome one = run_program(fmt::format("sed {0}/flux.ecsv -o {0}/one.fits --draws 200 -j 1", at));
  ASSERT_EQ(one.exit_code, 0) << one.output;
  const Outcome two = run_program(fmt::format("sed {0}/mag.fits -o {0}/two.fits --draws 200 -j 2", at));
  ASSERT_EQ(two.exit_code, 0) << two.output;
  const io::Table sed = io::read_fits_table(folder / "one.fits", "SED");
  EXPECT_EQ(sed.texts("status"), (io::Texts{"fitted", "fitted", "too_few_bands"}));
  // Row 0 is row 1 magnified five times.
  EXPECT_NEAR(sed.reals("log_mass_msun")[1] - sed.reals("log_mass_msun")[0], std::log10(5), 0.05);
  EXPECT_EQ(io::read_fits_table(folder / "one.fits", "POSTERIOR").rows(), 400u);
  const io::Table same = io::read_fits_table(folder / "two.fits", "SED");
  for (const std::size_t i : {0, 1})
    EXPECT_NEAR(sed.reals("log_age_yr")[i], same.reals("log_age_yr")[i], 1e-3);
  const Outcome grid =
      run_program(fmt::format("sed {0}/mag.fits -o {0}/c23.fits --protocol claeyssens2023", at));
  EXPECT_EQ(grid.exit_code, 0) << grid.output;
  const Outcome smc = run_program(
      fmt::format("sed {0}/mag.fits -o {0}/smc.fits --protocol claeyssens2023 --attenuation gordon2003_smc "
                  "--igm inoue2014 --stars-over-gas 0.44 --report {0}/smc.html",
                  at));
  EXPECT_EQ(smc.exit_code, 0) << smc.output;
  const Outcome gas = run_program(fmt::format(
      "sed {0}/mag.fits -o {0}/gas.fits --protocol claeyssens2023 --log-u -3,-2 --covering-fraction 0.5,1",
      at));
  EXPECT_EQ(gas.exit_code, 0) << gas.output;
  const io::Table with_gas = io::read_fits_table(folder / "gas.fits", "SED");
  EXPECT_TRUE(with_gas.reals("log_u")[0] == -3 || with_gas.reals("log_u")[0] == -2);
  EXPECT_GE(with_gas.reals("covering_fraction")[0], 0.5);
  EXPECT_FALSE(io::read_fits_table(folder / "c23.fits", "SED").has("log_u"));
  // A flat spectrum is no young population without dust: another curve is another reddening.
  EXPECT_NE(io::read_fits_table(folder / "smc.fits", "SED").reals("chi2")[0],
            io::read_fits_table(folder / "c23.fits", "SED").reals("chi2")[0]);
  const std::string page = io::read_text(folder / "smc.html");
  EXPECT_NE(page.find("id=\"colours\""), std::string::npos);
  EXPECT_NE(page.find("2 of 3 clumps fitted"), std::string::npos);
  EXPECT_NE(page.find("gordon2003_smc"), std::string::npos);
  EXPECT_NE(page.find("Not observed in any band"), std::string::npos);
  const Outcome refused = run_program(fmt::format("sed {0}/c23.fits -o {0}/no.fits", at));
  EXPECT_EQ(refused.exit_code, 2) << refused.output;
  EXPECT_FALSE(fs::exists(folder / "no.fits"));
  for (const char* wrong :
       {"--attenuation smc", "--igm none", "--stars-over-gas 0", "--log-u -2", "--covering-fraction 1.1",
        "--protocol claeyssens2023 --log-u -3,0.5", "--covering-fraction 0.5,1", "--colors F090W,F150W,F444W",
        "--spectra 3", "--report {0}/x.html --colors F090W",
        "--report {0}/x.html --colors F090W,F150W,F999W"}) {
    const Outcome bad = run_program(fmt::format("sed {0}/mag.fits -o {0}/no.fits --draws 10 ", at) +
                                    fmt::format(fmt::runtime(wrong), at));
    EXPECT_EQ(bad.exit_code, 2) << wrong << "\n" << bad.output;
    EXPECT_FALSE(fs::exists(folder / "no.fits")) << wrong;
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace arcproof::tests

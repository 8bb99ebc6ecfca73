// The commands detect, fit and psf on mosaics whose sources are known.
#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/io/ds9.h"
#include "engine/io/ecsv.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "tests/end_to_end/mosaics.h"
#include "tests/end_to_end/program.h"
#include "tests/support/data.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::tests {
namespace {

namespace fs = std::filesystem;

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

// Two sources 5.5 pixels apart: one group with --group-distance 7, for the profiles as for the Gaussians.
TEST(Fit, SersicProfilesAreGroupedAsTheGaussians) {
  const std::vector<Source> pair = {{60, 60, 1000, 0.02}, {65.5, 60, 1000, 0.02}};
  write_mosaic(folder() / "near.fits", image_of(pair, grid_20, psf_arcsec, noise_20, "near"), noise_20,
               header_of(grid_20));
  write_catalog(folder() / "near.ecsv", pair);
  const auto fit = [](const char* distance) {
    return table_of("fit --redraws 0 --model sersic --sersic-index 0.5 --sersic-size 21 --group-distance " +
                        std::string(distance) + band("F150W", "near.fits", "psf_a.fits") + " --catalog " +
                        in_folder("near.ecsv"),
                    "near_fit.fits");
  };
  const io::Table alone = fit("4"), together = fit("7");
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(alone.integers("group_size")[i], 1);
    EXPECT_EQ(together.integers("group_size")[i], 2);
    // The other's light is in the cutout of a profile that is fitted alone.
    EXPECT_LT(std::abs(together.reals("sersic_flux")[i] - 1000), 4 * together.reals("sersic_flux_err")[i]);
    EXPECT_GT(std::abs(alone.reals("sersic_flux")[i] - 1000), 4 * together.reals("sersic_flux_err")[i]);
  }
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
  expect_refused("fit" + one_band() + " --redraws 1", "--redraws: found 1");
  expect_refused("fit" + one_band() + " --keep-redraws --redraws 0", "--keep-redraws");
  expect_refused("fit" + one_band() + " --seed -1", "--seed: found '-1'; allowed: an integer >= 0");
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

// A shell variable that is not set.
TEST(Refused, EmptyFileNames) {
  const std::string image = "detect --image '" + in_folder("a.fits") + "[SCI]'";
  const std::string out = in_folder("no_such_output.fits");
  for (const auto& [arguments, option] :
       {std::pair<std::string, std::string>{image + " -o ''", "--output"},
        {image + " --regions '' -o " + out, "--regions"},
        {"fit" + one_band() + " --residual '' -o " + out, "--residual"},
        {"sed " + in_folder("list.ecsv") + " --report '' -o " + out, "--report"},
        {"lens-map --cluster --z 2 --critical '' -o " + out, "--critical"},
        {"run recipes/quickstart -o ''", "--output"},
        {"run '' -o " + out, "recipe"}}) {
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments << outcome.output;
    EXPECT_NE(outcome.output.find(option + ": found ''"), std::string::npos) << outcome.output;
    EXPECT_FALSE(std::filesystem::exists(out));
  }
}

TEST(Refused, HexadecimalNumbers) {
  const std::string image = "detect --image '" + in_folder("a.fits") + "[SCI]'";
  expect_refused(image + " --threshold 0x10", "--threshold: found '0x10'");
  expect_refused("lens-map --cluster --z 0x2", "--z: found '0x2'");
  expect_refused("lens-map --cluster --z 2 --step 0.1 --size 0x10", "--size");
  expect_refused("fit" + one_band() + " --gain F150W=0x10", "--gain");
}

TEST(Refused, OptionsOfFitThatHaveNoEffect) {
  expect_refused("fit" + one_band() + " --sersic-size 31",
                 "--sersic-size: found a fit of the model gaussian");
  expect_refused("fit" + one_band() + " --background-mesh 32", "--background-mesh");
}

TEST(Refused, PlacesThatAreNotOnTheSky) {
  const auto with_row = [](double ra, double dec) {
    io::Table table;
    table.add("ra", "deg", "", io::Reals{110.825, ra});
    table.add("dec", "deg", "", io::Reals{-73.4, dec});
    io::write_ecsv(folder() / "off_sky.ecsv", table);
    return "fit" + one_band() + " --catalog " + in_folder("off_sky.ecsv");
  };
  expect_refused(with_row(110.825, 91), "column dec, row 2: found 91; allowed: -90 to 90");
  expect_refused(with_row(361, 0), "column ra, row 2: found 361; allowed: 0 to 360");
  io::write_text(in_folder("off_sky.reg"), "icrs\ncircle(110.825,-95,0.1\")\n");
  expect_refused("fit" + one_band() + " --catalog " + in_folder("off_sky.reg"), "region 1: found dec = -95");
}

// Noise is measured by the scatter of the pixels: a constant image has no scatter.
TEST(Refused, ConstantImageWithoutErrors) {
  io::NamedImage science{"SCI", Array2D<float>(60, 60, 0.1F), header_of(grid_40)};
  io::write_fits_images(folder() / "constant.fits", {science});
  expect_refused("detect --image '" + in_folder("constant.fits") + "[SCI]'",
                 "a constant image, in which no noise can be measured; allowed: --error or --weight");
}

// Header of 60 x 60 pixels of which one side is 1.05 times the other.
void write_oblong(const std::string& name) {
  io::FitsHeader header;
  for (const auto& [key, value] : {std::pair{"BUNIT", "nJy"},
                                   {"CTYPE1", "RA---TAN"},
                                   {"CTYPE2", "DEC--TAN"},
                                   {"CRPIX1", "30.0"},
                                   {"CRPIX2", "30.0"},
                                   {"CRVAL1", "110.8"},
                                   {"CRVAL2", "-73.4"},
                                   {"CDELT1", "-1.05E-05"},
                                   {"CDELT2", "1.0E-05"}})
    header.add(key, value);
  write_mosaic(folder() / name, image_of({}, grid_40, psf_40_arcsec, noise_40, "oblong"), noise_40, header);
}

TEST(Detect, NotesPixelsThatAreNotSquareAndFitRefusesThem) {
  write_oblong("oblong.fits");
  const Outcome outcome = run_program("detect --image '" + in_folder("oblong.fits") + "[SCI]' --error '" +
                                      in_folder("oblong.fits") + "[ERR]' -o " + in_folder("oblong_out.fits"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("pixels of 0.0378 x 0.036 arcsec, not square"), std::string::npos)
      << outcome.output;
  expect_refused("fit" + band("F150W", "oblong.fits", "psf_b.fits"), "pixels of 0.0378 x 0.036 arcsec");
}

TEST(Detect, NotesAPsfThatIsLargerThanTheImage) {
  write_mosaic(folder() / "small.fits", image_of({}, {20, scale_20}, psf_arcsec, noise_20, "small"), noise_20,
               header_of({20, scale_20}));
  const Outcome outcome = run_program("detect --image '" + in_folder("small.fits") + "[SCI]' --error '" +
                                      in_folder("small.fits") + "[ERR]' --psf " + in_folder("psf_a.fits") +
                                      " -o " + in_folder("small_out.fits"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("larger than the image of 20 x 20"), std::string::npos) << outcome.output;
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

TEST(Refused, FitOfAnEmptyCatalogue) {
  io::write_text(in_folder("empty.ecsv"),
                 "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: x, datatype: float64}\n"
                 "# - {name: y, datatype: float64}\nx y\n");
  expect_refused("fit" + one_band() + " --catalog " + in_folder("empty.ecsv"), "no sources");
  io::write_text(in_folder("empty.reg"), "image\n");
  expect_refused("fit" + one_band() + " --catalog " + in_folder("empty.reg"), "empty.reg");
}

}  // namespace
}  // namespace arcproof::tests

// From pixels to physical quantities: clumps that the mock renderer, which shares no code with the fits, draws
// behind a constant lens come back with their fluxes, sizes, magnitudes and masses, and with errors that say
// how well.
#include "engine/pipeline/measure.h"

#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/pipeline/catalogue.h"
#include "mocks/inject.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::pipeline {
namespace {

constexpr double scale_arcsec = 0.02, z = 1.4, noise_njy = 0.5;
constexpr double mu_tangential = 2, mu_radial = 1.25, angle_rad = 0.3, mu = mu_tangential * mu_radial;
constexpr int side_pix = 320, spacing_pix = 50;

struct Truth {
  double x, y;               // of the image [pixel]
  double blue_njy, red_njy;  // observed: lensed, not corrected for extinction
  double sigma_source_pix;   // round, in the source plane
};

// Two bands on one grid with the PSFs of F150W (the reference) and F200W.
struct Sky {
  AnalysisField field;
  std::vector<sky::Exposure> exposures;
  std::vector<BandSky> depth;
};

double radius_pc_of(const Truth& truth, const AnalysisField& field) {
  return truth.sigma_source_pix * scale_arcsec * units::gaussian_half_light_per_sigma * 1e3 *
         field.cosmology.kpc_per_arcsec(z);
}

Sky empty_sky(std::uint64_t seed, double noise = noise_njy, int side = side_pix) {
  Sky sky;
  AnalysisField& field = sky.field;
  field.name = field.host = "sky";
  for (const char* name : {"F150W", "F200W"}) {
    const auto psf = std::make_shared<const sky::Psf>(sky::Psf::parametric(name, scale_arcsec));
    field.bands.push_back({name, psf, std::make_shared<photometry::BandPsf>(*psf), 0});
    sky::Exposure& exposure = sky.exposures.emplace_back();
    exposure.band = name;
    exposure.pixel_scale_arcsec = scale_arcsec;
    exposure.flux_njy = Array2D<float>(side, side, 0.0F);
    exposure.error_njy = Array2D<float>(side, side, static_cast<float>(noise_njy));
    Random random({.seed = seed, .purpose = "measure noise", .band = name});
    for (float& value : exposure.flux_njy) value = static_cast<float>(noise * random.normal());
    sky.depth.push_back({{5, units::abmag_from_njy(5), 1000}, {}});
  }
  field.second_reference = 1;
  field.z = z;
  field.frame = lens::ImageFrame(scale_arcsec, {0.5 * (side - 1), 0.5 * (side - 1)});
  field.lens = {lens::LensMap::constant(mu_tangential, mu_radial, angle_rad), 0, field.cosmology};
  field.host_mask = Array2D<unsigned char>(side, side, 1);
  return sky;
}

void inject(Sky& sky, const std::vector<Truth>& truths) {
  const lens::LensMap& map = sky.field.lens.map;
  const lens::ImageFinder finder(map, 1);
  const mocks::Convolver convolver({sky.field.bands[0].psf, sky.field.bands[1].psf});
  const int side = sky.exposures[0].flux_njy.width();
  const mocks::InjectionField field{
      &map, &finder, &sky.field.frame, &convolver, 1e-3 / sky.field.cosmology.kpc_per_arcsec(z), side,
      side, {}};
  for (const Truth& truth : truths) {
    mocks::Clump clump;
    clump.z = z;
    clump.source_arcsec = map.source_position(sky.field.frame.to_lens({truth.x, truth.y}), 1);
    clump.radius_pc = radius_pc_of(truth, sky.field);
    clump.flux_njy = {truth.blue_njy / mu, truth.red_njy / mu};
    mocks::inject_clump(clump, field, &sky.exposures, 0, {.seed = 1, .purpose = "shot noise"});
  }
}

// 36 clumps far from each other, at any place within a pixel.
std::vector<Truth> grid_of_clumps(double blue_njy, double red_njy, double sigma_source_pix) {
  Random random({.seed = 4, .purpose = "measure places"});
  std::vector<Truth> truths;
  for (int j = 0; j < 6; ++j)
    for (int i = 0; i < 6; ++i)
      truths.push_back({35 + spacing_pix * i + random.uniform(-0.5, 0.5),
                        35 + spacing_pix * j + random.uniform(-0.5, 0.5), blue_njy, red_njy,
                        sigma_source_pix});
  return truths;
}

const StreamName stream{.seed = 9, .realisation = 0};

std::vector<MeasuredClump> measure(const Sky& sky, const PipelineOptions& options = {},
                                   std::span<const Region> regions = {}, int threads = 1) {
  return measure_field(sky.field, sky.exposures, sky.depth, regions, options, stream, threads);
}

PipelineOptions few_redraws(int redraws = 10) {
  PipelineOptions options;
  options.photometry.redraws = redraws;
  options.sed.min_bands = 2;
  return options;
}

// The clump measured within a pixel of a place; null if there is no such clump.
const MeasuredClump* clump_at(const std::vector<MeasuredClump>& clumps, double x, double y) {
  for (const MeasuredClump& clump : clumps)
    if (std::hypot(clump.photometry.x - x, clump.photometry.y - y) < 1) return &clump;
  return nullptr;
}

MeasuredClump only_clump(const Sky& sky, const Truth& truth, const PipelineOptions& options) {
  const std::vector<MeasuredClump> clumps = measure(sky, options);
  const MeasuredClump* found = clump_at(clumps, truth.x, truth.y);
  if (!found) throw std::runtime_error("the clump was not measured");
  return *found;
}

// The mean of n pulls has the standard deviation 1 / sqrt(n), their mean square sqrt(2 / n): five of them, false
// alarm 6e-7, beside what is allowed of bias (of a pull) and of the errors, which 100 redraws tell to 7%.
void expect_standard_normal(const std::vector<double>& pulls, const char* what) {
  constexpr double bias = 0.2, wrong_square = 0.3;
  const double n = static_cast<double>(pulls.size());
  double square = 0;
  for (const double pull : pulls) square += pull * pull / n;
  std::printf("%s: mean pull %.2f, mean square %.2f\n", what, statistics::mean(pulls), square);
  EXPECT_NEAR(statistics::mean(pulls), 0, 5 / std::sqrt(n) + bias) << what;
  EXPECT_NEAR(square, 1, 5 * std::sqrt(2 / n) + wrong_square) << what;
}

// S/N about 25. Seeds 4 (places), 5 (sky), 9 (redraws).
TEST(Measure, FluxesAndSizesAreThoseInjected) {
  Sky sky = empty_sky(5);
  const std::vector<Truth> truths = grid_of_clumps(200, 150, 0.9);
  inject(sky, truths);
  const std::vector<MeasuredClump> clumps = measure(sky, few_redraws(100));
  std::vector<double> blue, red, radius, mag;
  for (const Truth& truth : truths) {
    const MeasuredClump* clump = clump_at(clumps, truth.x, truth.y);
    ASSERT_TRUE(clump) << truth.x << " " << truth.y;
    EXPECT_TRUE(clump->selected && clump->in_host && clump->redrawn);
    EXPECT_NEAR(clump->magnification.mu, mu, 1e-9);
    EXPECT_NEAR(clump->magnification.mu_tangential, mu_tangential, 1e-9);
    const auto& bands = clump->photometry.bands;
    blue.push_back((bands[0].flux_njy - truth.blue_njy) / bands[0].error_njy);
    red.push_back((bands[1].flux_njy - truth.red_njy) / bands[1].error_njy);
    ASSERT_EQ(clump->size.size_case, lens::SizeCase::resolved);
    const double off = clump->size.radius_pc - radius_pc_of(truth, sky.field);
    radius.push_back(off / (off > 0 ? clump->radius_pc_minus : clump->radius_pc_plus));
    const lens::Vector2 source =
        sky.field.lens.map.source_position(sky.field.frame.to_lens({truth.x, truth.y}), 1);
    EXPECT_NEAR(clump->source_arcsec.x, source.x, 0.5 * scale_arcsec);
    EXPECT_NEAR(clump->source_arcsec.y, source.y, 0.5 * scale_arcsec);
    const double true_mag = units::abmag_from_njy(truth.blue_njy / mu) -
                            sky.field.cosmology.distance_modulus_mag(z) + 2.5 * std::log10(1 + z);
    mag.push_back((clump->absolute_mag - true_mag) / clump->absolute_mag_error);
  }
  expect_standard_normal(blue, "flux of the reference band");
  expect_standard_normal(red, "flux of the other band");
  expect_standard_normal(radius, "half-light radius");
  expect_standard_normal(mag, "absolute magnitude");
}

// A point has no size, only a limit: 0.4 pixel through the tangential stretch. Lensed sigmas of 0.2 and 0.13
// pixel; without noise, so that nothing else can come out.
TEST(Measure, SizesOfUnresolvedClumpsAreLimits) {
  Sky sky = empty_sky(5, 0);
  const std::vector<Truth> truths = grid_of_clumps(200, 150, 0.1);
  inject(sky, truths);
  const std::vector<MeasuredClump> clumps = measure(sky, few_redraws(0));
  for (const Truth& truth : truths) {
    const MeasuredClump* clump = clump_at(clumps, truth.x, truth.y);
    ASSERT_TRUE(clump);
    EXPECT_EQ(clump->size.size_case, lens::SizeCase::unresolved);
    const double limit = radius_pc_of({0, 0, 0, 0, 0.4 / mu_tangential}, sky.field);
    EXPECT_NEAR(clump->size.radius_pc / limit, 1, 1e-9);
    EXPECT_GT(clump->size.radius_pc, radius_pc_of(truth, sky.field));
    EXPECT_TRUE(std::isnan(clump->radius_pc_minus) && std::isnan(clump->radius_pc_plus));
  }
}

// A map of one Hessian everywhere, at the efficiency of the field's redshift.
lens::LensMap uniform_map(double tangential, double efficiency) {
  lens::Hessian h = lens::LensMap::constant(tangential, mu_radial, angle_rad).hessian({0, 0});
  for (double* part : {&h.xx, &h.xy, &h.yy}) *part /= efficiency;
  const lens::Grid grid = lens::covering_grid({-4, -4}, {4, 4}, 1);
  Array2D<lens::Vector2> deflection(grid.width, grid.height);
  for (int j = 0; j < grid.height; ++j)
    for (int i = 0; i < grid.width; ++i) {
      const lens::Vector2 at = grid.node(i, j);
      deflection(i, j) = {h.xx * at.x + h.xy * at.y, h.xy * at.x + h.yy * at.y};
    }
  return lens::LensMap::from_nodes(grid, deflection, Array2D<lens::Hessian>(grid.width, grid.height, h));
}

// A posterior whose 16% quantile is 0.91 mu and whose 84% quantile is 1.4 mu: of 26 draws in order, the fifth
// and the twenty-second.
TEST(Measure, ErrorsKeepTheirSides) {
  Sky sky = empty_sky(6);
  const Truth truth{160.2, 159.7, 800, 800, 0.9};
  inject(sky, {truth});
  constexpr double z_lens = 0.4;
  const double efficiency = lens::Lens{uniform_map(2, 1), z_lens, sky.field.cosmology}.efficiency(z);
  std::vector<lens::LensMap> draws;
  for (int k = 0; k < 26; ++k)
    draws.push_back(
        uniform_map(mu_tangential * (k < 13 ? 1 - 0.01 * (13 - k) : 1 + 0.05 * (k - 13)), efficiency));
  sky.field.posterior = {draws, z_lens, sky.field.cosmology};
  const MeasuredClump clump = only_clump(sky, truth, few_redraws(50));
  EXPECT_NEAR(clump.magnification.error_minus / mu, 0.09, 1e-9);
  EXPECT_NEAR(clump.magnification.error_plus / mu, 0.40, 1e-9);
  // R ~ sigma / sqrt(mu): a larger magnification makes a smaller clump.
  const auto& sigma = clump.photometry.circular_sigma_pix;
  EXPECT_NEAR(clump.radius_pc_minus / clump.size.radius_pc, std::hypot(sigma.minus / sigma.value, 0.5 * 0.40),
              1e-9);
  EXPECT_NEAR(clump.radius_pc_plus / clump.size.radius_pc, std::hypot(sigma.plus / sigma.value, 0.5 * 0.09),
              1e-9);
  EXPECT_GT(clump.radius_pc_minus, 1.5 * clump.radius_pc_plus);
  const io::Table table = catalogue(sky.field, std::span(&clump, 1));
  EXPECT_NEAR(table.reals("mu_err_minus")[0] / mu, 0.09, 1e-9);
  EXPECT_NEAR(table.reals("mu_err_plus")[0] / mu, 0.40, 1e-9);
  EXPECT_EQ(table.reals("radius_pc_err_minus")[0], clump.radius_pc_minus);
  EXPECT_EQ(table.reals("radius_pc_err_plus")[0], clump.radius_pc_plus);
  for (const auto& [name, interval] : {std::pair{"sigma_major_pix", clump.photometry.sigma_major_pix},
                                       {"sigma_minor_pix", clump.photometry.sigma_minor_pix},
                                       {"sigma_circular_pix", clump.photometry.circular_sigma_pix}}) {
    EXPECT_EQ(table.reals(std::string(name) + "_err_minus")[0], interval.minus) << name;
    EXPECT_EQ(table.reals(std::string(name) + "_err_plus")[0], interval.plus) << name;
    EXPECT_NE(interval.minus, interval.plus) << name;
  }
  EXPECT_EQ(table.reals("flux_f150w")[0], clump.photometry.bands[0].flux_njy);
  EXPECT_EQ(table.reals("flux_f200w")[0], clump.photometry.bands[1].flux_njy);
}

// ---- Galactic extinction

sed::ModelGrid grid_of(const std::vector<std::vector<double>>& flux_njy_per_msun) {
  sed::ModelGrid grid;
  grid.z = z;
  grid.bands = {"F150W", "F200W"};
  grid.usable_band = {true, true};
  for (const auto& fluxes : flux_njy_per_msun) {
    grid.models.emplace_back();
    grid.flux_njy_per_msun.insert(grid.flux_njy_per_msun.end(), fluxes.begin(), fluxes.end());
  }
  return grid;
}

// A magnitudes of Galactic extinction: the clump is 10^(0.4 A) brighter than it looks, and as much heavier.
TEST(Measure, GalacticExtinctionBrightens) {
  constexpr double extinction_mag = 0.7, njy_per_msun = 1e-5;
  Sky sky = empty_sky(7);
  const Truth truth{160.2, 159.7, 400, 400, 0.9};
  inject(sky, {truth});
  sky.field.grid = grid_of({{njy_per_msun, njy_per_msun}});
  const MeasuredClump without = only_clump(sky, truth, few_redraws());
  for (AnalysisBand& band : sky.field.bands) band.galactic_extinction_mag = extinction_mag;
  const MeasuredClump with = only_clump(sky, truth, few_redraws());
  EXPECT_EQ(with.photometry.bands[0].flux_njy, without.photometry.bands[0].flux_njy);
  EXPECT_NEAR(with.absolute_mag - without.absolute_mag, -extinction_mag, 1e-9);
  ASSERT_EQ(with.sed.status, sed::SedStatus::fitted);
  EXPECT_NEAR(with.sed.log_mass_msun.best - without.sed.log_mass_msun.best, 0.4 * extinction_mag, 1e-9);
  // S/N is above 40 in either band: 0.05 dex are five standard errors and more.
  EXPECT_NEAR(without.sed.log_mass_msun.best, std::log10(400 / mu / njy_per_msun), 0.05);
}

// The observed colour is 0.8 mag; 0.4 mag of extinction in the blue band and 0.1 in the red leave 0.5. With the
// other sign they would make it 1.1.
TEST(Measure, ColoursOfInterlopersAreCorrectedForExtinction) {
  Sky sky = empty_sky(8);
  const Truth truth{160.2, 159.7, 1000 * std::pow(10, -0.4 * 0.8), 1000, 0.9};
  inject(sky, {truth});
  sky.field.bands[0].galactic_extinction_mag = 0.4;
  sky.field.bands[1].galactic_extinction_mag = 0.1;
  for (const auto& [middle, inside] : {std::pair{0.5, true}, {0.8, false}, {1.1, false}}) {
    PipelineOptions options = few_redraws();
    options.interloper_box = {{"F150W", "F200W", middle - 0.14, middle + 0.14}};
    const MeasuredClump clump = only_clump(sky, truth, options);
    EXPECT_EQ(clump.interloper, inside) << middle;
    EXPECT_EQ(clump.selected, !inside) << middle;
  }
}

// ---- limits

// A red clump without a flux in the blue band, and two models: one that is blue, brighter there than allowed
// (twice the limit) by a factor f, and one that is red. The limit belongs to the sky; the fit compares it
// with intrinsic fluxes, mu = 2.5 times fainter.
TEST(Measure, LimitsAreDelensedWithTheFluxes) {
  constexpr double limit_njy = 40, red_njy = 400;
  for (const double f : {0.8, 1.25}) {
    Sky sky = empty_sky(10);
    const Truth truth{160.2, 159.7, 0, red_njy, 0.9};
    inject(sky, {truth});
    std::swap(sky.exposures[0].flux_njy, sky.exposures[1].flux_njy);  // shapes need a flux
    std::swap(sky.field.bands[0].psf, sky.field.bands[1].psf);
    std::swap(sky.field.bands[0].transforms, sky.field.bands[1].transforms);
    for (BandSky& band : sky.depth) band.depth.flux_njy = limit_njy;
    sky.field.grid = grid_of({{1e-5, 2 * limit_njy / red_njy * f * 1e-5}, {1e-5, 1e-12}});
    PipelineOptions options = few_redraws();
    options.sed.min_bands = 1;
    options.min_snr = -10;
    const MeasuredClump clump = only_clump(sky, truth, options);
    ASSERT_EQ(clump.sed.status, sed::SedStatus::fitted);
    EXPECT_EQ(clump.sed.bands_used, 1);
    EXPECT_EQ(clump.sed.best_model, f < 1 ? 0u : 1u) << f;
  }
}

// White noise in a circle of radius r scatters by sigma sqrt(pi r^2); the limit is five times that over the
// encircled energy. The MAD of 1000 apertures is known to 4%: 20% are five standard errors. Seed 11.
TEST(Measure, LimitsOfTheSkyAreThoseOfWhiteNoise) {
  const Sky sky = empty_sky(11);
  const std::vector<BandSky> measured = measure_sky(sky.field, sky.exposures, {}, 11);
  for (std::size_t b = 0; b < 2; ++b) {
    const sky::Psf& psf = *sky.field.bands[b].psf;
    const double radius_pix = psf.fwhm_arcsec() / scale_arcsec;
    const double expected =
        5 * noise_njy * std::sqrt(units::pi) * radius_pix / psf.encircled_energy(psf.fwhm_arcsec());
    EXPECT_NEAR(measured[b].depth.flux_njy / expected, 1, 0.2) << b;
    EXPECT_NEAR(measured[b].depth.mag_ab, units::abmag_from_njy(measured[b].depth.flux_njy), 1e-9);
    EXPECT_NEAR(measured[b].correlation.large_scale_factor(), 1, 0.2) << b;
  }
}

// ---- what is measured

// A neighbour of 10% of the flux, 3.2 pixels away along the bright clump's minor axis, has no peak of its own
// until the bright one is subtracted; then both are fitted together. Seed 12.
TEST(Measure, TheResidualPassFindsAFaintNeighbour) {
  constexpr double distance_pix = 3.2, fraction = 0.1, bright_njy = 2000;
  Sky sky = empty_sky(12);
  std::vector<Truth> bright = grid_of_clumps(bright_njy, bright_njy, 0.9), faint;
  for (const Truth& t : bright)
    faint.push_back({t.x - distance_pix * std::sin(angle_rad), t.y + distance_pix * std::cos(angle_rad),
                     fraction * bright_njy, fraction * bright_njy, 0.3});
  inject(sky, bright);
  inject(sky, faint);
  PipelineOptions one_pass = few_redraws();
  one_pass.residual_pass = false;
  const auto first = measure(sky, one_pass), both = measure(sky, few_redraws());
  int in_first = 0, in_second = 0;
  std::vector<double> ratio;
  for (const Truth& t : faint) {
    in_first += clump_at(first, t.x, t.y) != nullptr;
    const MeasuredClump* found = clump_at(both, t.x, t.y);
    if (!found || found->pass != 2) continue;
    ++in_second;
    ratio.push_back(found->photometry.bands[0].flux_njy / t.blue_njy);
  }
  std::printf("of %zu: %d in the first pass, %d in the second; flux ratio %.2f\n", faint.size(), in_first,
              in_second, ratio.empty() ? 0 : statistics::median(ratio));
  EXPECT_LE(in_first, 2);
  EXPECT_GE(in_second, 30);
  EXPECT_NEAR(statistics::median(ratio), 1, 0.15);
  for (const Truth& t : bright) EXPECT_TRUE(clump_at(both, t.x, t.y));
}

// A row is the same whatever else is measured, and on any number of threads.
TEST(Measure, RowsDependNeitherOnRegionsNorOnThreads) {
  Sky sky = empty_sky(13);
  const std::vector<Truth> truths = grid_of_clumps(200, 150, 0.9);
  inject(sky, truths);
  const auto all = measure(sky, few_redraws()), threaded = measure(sky, few_redraws(), {}, 3);
  ASSERT_EQ(all.size(), threaded.size());
  const Region region{truths[14].x, truths[14].y, 60, 20};
  const auto some = measure(sky, few_redraws(), std::span(&region, 1));
  ASSERT_LT(some.size(), all.size());
  const MeasuredClump *one = clump_at(all, region.x, region.y), *two = clump_at(some, region.x, region.y);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->id, two->id);
  EXPECT_EQ(one->photometry.bands[1].error_njy, two->photometry.bands[1].error_njy);
  EXPECT_EQ(one->radius_pc_minus, two->radius_pc_minus);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].id, threaded[i].id);
    EXPECT_EQ(all[i].photometry.bands[0].error_njy, threaded[i].photometry.bands[0].error_njy);
  }
  // Beyond the core only the best fit is known.
  const MeasuredClump* beyond = clump_at(some, truths[15].x, truths[15].y);
  ASSERT_TRUE(beyond);
  EXPECT_FALSE(beyond->redrawn || beyond->selected);
  EXPECT_GT(beyond->photometry.bands[0].flux_njy, 0);
  EXPECT_TRUE(std::isnan(beyond->magnification.mu) && std::isnan(beyond->size.radius_pc));
}

TEST(Measure, OutsideTheHostNothingIsMeasured) {
  Sky sky = empty_sky(14);
  const std::vector<Truth> truths = grid_of_clumps(200, 150, 0.9);
  inject(sky, truths);
  for (int y = 0; y < side_pix; ++y)
    for (int x = 0; x < side_pix / 2; ++x) sky.field.host_mask(x, y) = 0;
  PipelineOptions everywhere = few_redraws();
  everywhere.only_host = false;
  const auto in_host = measure(sky, few_redraws()), all = measure(sky, everywhere);
  for (const Truth& t : truths) {
    const bool inside = t.x > 0.5 * side_pix;
    EXPECT_EQ(clump_at(in_host, t.x, t.y) != nullptr, inside);
    const MeasuredClump* clump = clump_at(all, t.x, t.y);
    ASSERT_TRUE(clump);
    EXPECT_EQ(clump->in_host, inside);
    EXPECT_EQ(std::isnan(clump->magnification.mu), !inside);
  }
}

// A clump of S/N 2 that no detection finds is measured where an eye marked it.
TEST(Measure, MarkedPlacesAreMeasuredUndetected) {
  Sky sky = empty_sky(15);
  const Truth truth{160.2, 159.7, 14, 14, 0.3};
  inject(sky, {truth});
  PipelineOptions options = few_redraws();
  options.detection.threshold_sigma = 6;
  ASSERT_TRUE(measure(sky, options).empty());
  const Region region{truth.x, truth.y, 40, 10, sky::PixelPosition{truth.x, truth.y}};
  const auto marked = measure(sky, options, std::span(&region, 1));
  ASSERT_EQ(marked.size(), 1u);
  const photometry::BandFluxes& band = marked.front().photometry.bands[0];
  EXPECT_NEAR(band.flux_njy, truth.blue_njy, 5 * band.error_njy);
}

TEST(Measure, ClumpsAreSelectedInBothBands) {
  Sky sky = empty_sky(16);
  const Truth truth{160.2, 159.7, 400, 0, 0.9};
  inject(sky, {truth});
  EXPECT_FALSE(only_clump(sky, truth, few_redraws()).selected);
  PipelineOptions lenient = few_redraws();
  lenient.min_snr = -10;
  EXPECT_TRUE(only_clump(sky, truth, lenient).selected);
}

}  // namespace
}  // namespace arcproof::pipeline

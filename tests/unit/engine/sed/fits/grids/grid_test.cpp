#include "engine/sed/fits/grids/grid.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/sed/fits/grids/fit_grid.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/parametric_filter.h"
#include "tests/unit/engine/sed/toy.h"

#include <cmath>
#include <limits>
#include <set>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

const sky::Cosmology cosmology;

BandSynthesis synthesis(double z, const std::vector<std::string>& bands) {
  static const auto library = std::make_shared<Library>(analytic_library());
  std::vector<Filter> filters;
  filters.reserve(bands.size());
  for (const std::string& band : bands) filters.push_back(parametric_filter(band));
  return {library, filters, z, cosmology, {}};
}

Random stream(std::int64_t number) { return Random({.seed = 11, .purpose = "grid_test", .clump = number}); }

/// Photometry of a model times a mass, with errors of 1 / snr.
std::vector<BandFlux> photometry_of(const ModelGrid& grid, std::size_t model, double mass, double snr) {
  std::vector<BandFlux> photometry;
  for (std::size_t b = 0; b < grid.bands.size(); ++b) {
    const double flux = mass * grid.flux(model, b);
    photometry.push_back({flux, flux / snr, 0});
  }
  return photometry;
}

// ---- the grid

TEST(BuildGrid, HasTheAxesOfTheProtocol) {
  GridAxes axes;
  axes.histories = {{0.0}, {10.0}, {100.0}};
  const ModelGrid grid = build_grid(synthesis(1.38, {"F150W", "F200W"}), axes, cosmology);
  std::set<double> ages, reddenings, metallicities, durations;
  for (const Population& model : grid.models) {
    ages.insert(model.age_myr);
    reddenings.insert(model.ebv_mag);
    metallicities.insert(model.metallicity);
    durations.insert(model.history.duration_myr);
  }
  // The Universe is 4.57 Gyr old at z = 1.38: log age = 6.00, 6.05, ..., 9.65.
  EXPECT_EQ(ages.size(), 74u);
  EXPECT_NEAR(*ages.begin(), 1, 1e-12);
  EXPECT_NEAR(std::log10(*ages.rbegin()), 3.65, 1e-12);
  EXPECT_EQ(reddenings.size(), 21u);
  EXPECT_NEAR(*reddenings.rbegin(), 1, 1e-12);
  EXPECT_EQ(metallicities, (std::set<double>{0.0004, 0.004, 0.008, 0.02}));
  EXPECT_EQ(durations, (std::set<double>{0, 10, 100}));
  EXPECT_EQ(grid.models.size(), 74u * 21 * 4 * 3);
  EXPECT_EQ(grid.flux_njy_per_msun.size(), grid.models.size() * 2);
  EXPECT_EQ(grid.usable_band, (std::vector<bool>{true, true}));
}

TEST(BuildGrid, FluxesAreThoseOfTheModels) {
  const BandSynthesis light = synthesis(2, {"F090W", "F150W", "F444W"});
  const ModelGrid grid = build_grid(light, {}, cosmology);
  for (std::size_t model = 0; model < grid.models.size(); model += 997) {
    const std::vector<double> fluxes = light.fluxes_njy_per_msun(grid.models[model]);
    for (std::size_t b = 0; b < 3; ++b) EXPECT_EQ(grid.flux(model, b), fluxes[b]);
  }
}

TEST(BuildGrid, DropsSolarMetallicityAndLymanAlphaFarAway) {
  const auto metallicities = [](const ModelGrid& grid) {
    std::set<double> all;
    for (const Population& model : grid.models) all.insert(model.metallicity);
    return all;
  };
  EXPECT_TRUE(metallicities(build_grid(synthesis(3.0, {"F200W"}), {}, cosmology)).contains(0.02));
  EXPECT_FALSE(metallicities(build_grid(synthesis(3.01, {"F200W"}), {}, cosmology)).contains(0.02));
  const std::vector<std::string> bands{"F606W", "F814W", "F090W", "F200W"};
  EXPECT_EQ(build_grid(synthesis(5.9, bands), {}, cosmology).usable_band,
            (std::vector<bool>{true, true, true, true}));
  EXPECT_EQ(build_grid(synthesis(6.1, bands), {}, cosmology).usable_band,
            (std::vector<bool>{false, false, false, true}));
}

// ---- the fit

TEST(FitGrid, FindsNoiselessTruth) {
  const ModelGrid grid =
      build_grid(synthesis(1.4, {"F435W", "F606W", "F814W", "F115W", "F150W", "F200W", "F277W", "F444W"}), {},
                 cosmology);
  for (std::size_t i = 0; i < 40; ++i) {
    Random random = stream(static_cast<std::int64_t>(i));
    const std::size_t truth = random.index(grid.models.size());
    const SedResult fit = fit_grid(grid, photometry_of(grid, truth, 3e6, 20), {}, random);
    ASSERT_EQ(fit.status, SedStatus::fitted);
    EXPECT_EQ(fit.best_model, truth);
    EXPECT_LT(fit.chi2, 1e-20);
    EXPECT_NEAR(fit.log_mass_msun.best, std::log10(3e6), 1e-12);
    EXPECT_NEAR(fit.log_age_yr.best, std::log10(grid.models[truth].age_myr) + 6, 1e-12);
    EXPECT_EQ(fit.ebv_mag.best, grid.models[truth].ebv_mag);
    EXPECT_NEAR(fit.log_metallicity.best, std::log10(grid.models[truth].metallicity), 1e-12);
    EXPECT_EQ(fit.history, grid.models[truth].history);
    EXPECT_LE(fit.log_mass_msun.low, fit.log_mass_msun.high);
  }
}

TEST(FitGrid, NeedsEnoughDetectedBands) {
  Random random = stream(0);
  const ModelGrid grid = toy::random_grid(50, 6, 0.3, random);
  std::vector<BandFlux> photometry = photometry_of(grid, 7, 10, 20);
  photometry[0].flux_njy = nan;
  photometry[1].error_njy = photometry[1].flux_njy;  // S/N = 1
  EXPECT_EQ(fit_grid(grid, photometry, {}, random).bands_used, 4);
  EXPECT_EQ(fit_grid(grid, photometry, {}, random).status, SedStatus::fitted);
  photometry[2].error_njy = photometry[2].flux_njy / 2;  // S/N = 2 is not above 2
  const SedResult none = fit_grid(grid, photometry, {}, random);
  EXPECT_EQ(none.status, SedStatus::too_few_bands);
  EXPECT_EQ(none.bands_used, 3);
  EXPECT_TRUE(std::isnan(none.chi2) && std::isnan(none.log_mass_msun.best) && std::isnan(none.ebv_mag.high));
  EXPECT_EQ(fit_grid(grid, photometry, {.min_bands = 3}, random).status, SedStatus::fitted);
}

TEST(FitGrid, BandsThatAreNotUsableDoNotEnter) {
  Random random = stream(1);
  ModelGrid grid = toy::random_grid(50, 6, 0.3, random);
  std::vector<BandFlux> photometry = photometry_of(grid, 7, 10, 20);
  grid.usable_band[3] = false;
  photometry[3] = {1e9, 1, 0};
  const SedResult fit = fit_grid(grid, photometry, {}, random);
  EXPECT_EQ(fit.best_model, 7u);
  EXPECT_EQ(fit.bands_used, 5);
}

TEST(FitGrid, LimitsExcludeBrightModels) {
  // Two models that the detected bands cannot tell apart, but the undetected one can.
  ModelGrid grid;
  grid.bands = {"a", "b", "c", "d", "e"};
  grid.usable_band.assign(5, true);
  grid.models = {{1, 0.01, 0, {0}}, {2, 0.01, 0, {0}}};
  grid.flux_njy_per_msun = {1, 1, 1, 1, 3, 1, 1, 1, 1.1, 1};
  std::vector<BandFlux> photometry(5, {100, 5, 0});
  photometry[4] = {1, 50, 140};  // limit 140: model 0 gives 300 > 2 x 140, model 1 gives 100
  Random random = stream(2);
  EXPECT_EQ(fit_grid(grid, photometry, {}, random).best_model, 1u);
  EXPECT_EQ(fit_grid(grid, photometry, {.limit_factor = 2.2}, random).best_model, 0u);
  photometry[4].limit_njy = 0;  // unknown
  EXPECT_EQ(fit_grid(grid, photometry, {}, random).best_model, 0u);
  photometry[4].limit_njy = 10;
  const SedResult none = fit_grid(grid, photometry, {}, random);
  EXPECT_EQ(none.status, SedStatus::no_allowed_model);
  EXPECT_TRUE(std::isnan(none.log_age_yr.best));
}

TEST(FitGrid, ReddeningCanBeFixedToZero) {
  Random random = stream(3);
  const ModelGrid grid = toy::random_grid(300, 6, 0.3, random);
  const SedResult fit = fit_grid(grid, photometry_of(grid, 100, 10, 20), {.fix_ebv_to_zero = true}, random);
  EXPECT_EQ(fit.ebv_mag.best, 0);
  EXPECT_EQ(fit.ebv_mag.high, 0);
  EXPECT_EQ(fit.best_model % 3, 0u);
}

TEST(FitGrid, SameStreamSameBits) {
  Random seed = stream(4);
  const ModelGrid grid = toy::random_grid(2000, 9, 0.4, seed);
  const std::vector<BandFlux> photometry = photometry_of(grid, 1234, 10, 4);
  Random one = stream(5), two = stream(5);
  const SedResult a = fit_grid(grid, photometry, {}, one), b = fit_grid(grid, photometry, {}, two);
  EXPECT_EQ(a.log_mass_msun.low, b.log_mass_msun.low);
  EXPECT_EQ(a.log_age_yr.high, b.log_age_yr.high);
  EXPECT_EQ(one.bits(), two.bits());
}

// With one model the redrawn masses are normal about the best, with sigma = 1 / |m / sigma|. 4,000 redraws:
// the 16% and 84% quantiles have a standard error of 0.024 sigma; 5 of them: false-alarm rate 6e-7.
TEST(FitGrid, IntervalIsTheScatterOfTheMass) {
  ModelGrid grid;
  grid.bands = {"a", "b", "c", "d"};
  grid.usable_band.assign(4, true);
  grid.models = {{1, 0.01, 0, {0}}};
  grid.flux_njy_per_msun = {1, 2, 3, 4};
  Random random = stream(6);
  const SedResult fit = fit_grid(grid, photometry_of(grid, 0, 1000, 50), {.redraws = 4000}, random);
  const double relative_sigma = 1 / (50 * std::sqrt(4.0)), z84 = statistics::normal_quantile(0.84);
  EXPECT_NEAR(std::pow(10, fit.log_mass_msun.high) / 1000 - 1, z84 * relative_sigma,
              5 * 0.024 * relative_sigma);
  EXPECT_NEAR(1 - std::pow(10, fit.log_mass_msun.low) / 1000, z84 * relative_sigma,
              5 * 0.024 * relative_sigma);
  const SedResult bare = fit_grid(grid, photometry_of(grid, 0, 1000, 50), {.redraws = 0}, random);
  EXPECT_EQ(bare.status, SedStatus::fitted);
  EXPECT_TRUE(std::isnan(bare.log_mass_msun.low));
}

TEST(FitGrid, RefusesBrokenPhotometry) {
  Random random = stream(7);
  const ModelGrid grid = toy::random_grid(10, 5, 0.3, random);
  std::vector<BandFlux> photometry = photometry_of(grid, 3, 10, 20);
  photometry[0].error_njy = 0;
  EXPECT_THROW(fit_grid(grid, photometry, {}, random), ContractError);
  photometry[0] = {HUGE_VAL, 1, 0};
  EXPECT_THROW(fit_grid(grid, photometry, {}, random), ContractError);
  photometry.pop_back();
  EXPECT_THROW(fit_grid(grid, photometry, {}, random), ContractError);
}

}  // namespace
}  // namespace arcproof::sed

#include "engine/sed/fits/grids/gas_grid.h"

#include "engine/core/error.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/parametric_filter.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

class GasGridTest : public testing::Test {
 protected:
  GasGrid grid(const std::vector<double>& log_u, const std::vector<double>& fraction) const {
    return build_gas_grid(library_, filters_, 1.38, cosmology_, {}, axes_, log_u, fraction);
  }
  ModelGrid plain(double log_u, double fraction) const {
    return build_grid({library_, filters_, 1.38, cosmology_, {.covering_fraction = fraction, .log_u = log_u}},
                      axes_, cosmology_);
  }
  void SetUp() override {
    for (const char* band : {"F606W", "F814W", "F115W", "F150W", "F160W", "F200W"})
      filters_.push_back(parametric_filter(band));
    axes_.metallicity = {0.004};
    axes_.log_age_yr_step = 0.5;
    axes_.ebv_step_mag = 0.5;
  }
  std::shared_ptr<const Library> library_ = std::make_shared<Library>(analytic_library());
  std::vector<Filter> filters_;
  sky::Cosmology cosmology_;
  GridAxes axes_;
};

TEST_F(GasGridTest, HoldsTheGridOfEveryGas) {
  const GasGrid all = grid({-3, -2}, {0, 0.5, 1});
  // No gas, no log U: 0 stands once.
  const std::vector<std::pair<double, double>> expected{{-3, 0}, {-3, 0.5}, {-3, 1}, {-2, 0.5}, {-2, 1}};
  ASSERT_EQ(all.gas.size(), expected.size());
  const std::size_t models = all.grid.models.size() / expected.size(), bands = filters_.size();
  for (std::size_t g = 0; g < expected.size(); ++g) {
    const auto [log_u, fraction] = expected[g];
    const ModelGrid one = plain(log_u, fraction);
    ASSERT_EQ(one.models.size(), models);
    for (std::size_t m = 0; m < models; ++m) {
      EXPECT_EQ(all.of(g * models + m).log_u, log_u);
      EXPECT_EQ(all.of(g * models + m).covering_fraction, fraction);
      EXPECT_EQ(all.grid.models[g * models + m].age_myr, one.models[m].age_myr);
      for (std::size_t b = 0; b < bands; ++b) EXPECT_EQ(all.grid.flux(g * models + m, b), one.flux(m, b));
    }
  }
  EXPECT_THROW(grid({}, {0.5}), ContractError);
  EXPECT_THROW(grid({-3}, {}), ContractError);
}

// A young population of one gas, almost without noise, is found with that gas.
TEST_F(GasGridTest, TheFitFindsTheGas) {
  const GasGrid all = grid({-3, -2}, {0, 0.5, 1});
  for (const auto& [log_u, fraction] : {std::pair{-2.0, 0.5}, {-3.0, 1.0}, {-3.0, 0.0}}) {
    const ModelGrid truth = plain(log_u, fraction);
    std::vector<BandFlux> photometry;
    for (std::size_t b = 0; b < filters_.size(); ++b)
      photometry.push_back({1e6 * truth.flux(0, b), 1e3 * truth.flux(0, b), 0});
    Random random({.seed = 1, .purpose = "gas_grid_test"});
    const SedResult fit = fit_grid(all.grid, photometry, {}, random);
    ASSERT_EQ(fit.status, SedStatus::fitted);
    EXPECT_EQ(gas_estimate(fit, all, &Gas::covering_fraction).best, fraction);
    EXPECT_EQ(gas_estimate(fit, all, &Gas::log_u).best, log_u);
    EXPECT_EQ(gas_estimate(fit, all, &Gas::covering_fraction).low, fraction);
    EXPECT_NEAR(fit.log_mass_msun.best, 6, 1e-3);
  }
  EXPECT_TRUE(std::isnan(gas_estimate({}, all, &Gas::log_u).best));
}

}  // namespace
}  // namespace arcproof::sed

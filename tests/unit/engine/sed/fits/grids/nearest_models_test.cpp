#include "engine/sed/fits/grids/nearest_models.h"

#include "engine/core/error.h"

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

// Two metallicities, two ages, three reddenings; the flux in band b of model m is 10 m + b.
ModelGrid grid() {
  ModelGrid grid{1.4, {"A", "B"}, {}, {}, {true, false}};
  for (const double metallicity : {0.004, 0.02})
    for (const double age : {10.0, 100.0})
      for (const double ebv : {0.0, 0.1, 0.2}) {
        const double first = 10.0 * static_cast<double>(grid.models.size());
        grid.models.push_back({age, metallicity, ebv, {}});
        grid.flux_njy_per_msun.insert(grid.flux_njy_per_msun.end(), {first, first + 1});
      }
  return grid;
}

TEST(NearestModels, AreThoseOfOneMetallicityAndReddening) {
  const ModelGrid nearest =
      models_nearest_to(grid(), 0.0095, 0.13);  // 0.02 is nearer to it in log Z: 2.1 < 2.4
  ASSERT_EQ(nearest.models.size(), 2U);
  for (const Population& model : nearest.models) {
    EXPECT_EQ(model.metallicity, 0.02);
    EXPECT_EQ(model.ebv_mag, 0.1);
  }
  EXPECT_EQ(nearest.models[0].age_myr, 10);
  EXPECT_EQ(nearest.models[1].age_myr, 100);
  EXPECT_EQ(nearest.flux_njy_per_msun, (std::vector<double>{70, 71, 100, 101}));
  EXPECT_EQ(nearest.bands, grid().bands);
  EXPECT_EQ(nearest.usable_band, grid().usable_band);
  EXPECT_EQ(nearest.z, 1.4);
}

TEST(NearestModels, ReachBeyondTheGridToItsEdge) {
  const ModelGrid nearest = models_nearest_to(grid(), 1e-4, 3);
  ASSERT_EQ(nearest.models.size(), 2U);
  EXPECT_EQ(nearest.models[0].metallicity, 0.004);
  EXPECT_EQ(nearest.models[0].ebv_mag, 0.2);
  EXPECT_TRUE(models_nearest_to(ModelGrid{}, 0.02, 0).models.empty());
  EXPECT_THROW(models_nearest_to(grid(), 0, 0), ContractError);
}

}  // namespace
}  // namespace arcproof::sed

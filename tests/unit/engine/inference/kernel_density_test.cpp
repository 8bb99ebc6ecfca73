#include "engine/inference/kernel_density.h"

#include "engine/core/random.h"
#include "engine/core/statistics.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::population {
namespace {

// The twin sums over all draws on 512 points. The two differ by the widening of the kernel and the parabola
// through points of a different spacing: below a hundredth of the bandwidth.
TEST(BinnedKdeMode, EqualsTheUnbinnedTwin) {
  Random random({.seed = 3, .purpose = "kernel_density_test"});
  for (const int n : {30, 300, 3000, 20000}) {
    std::vector<double> skewed(n);
    for (double& x : skewed) x = std::exp(0.4 * random.normal()) - 2;
    const double bandwidth = statistics::standard_deviation(skewed) * std::pow(n, -0.2);
    EXPECT_NEAR(inference::binned_kde_mode(skewed), statistics::kde_mode(skewed), 0.01 * bandwidth) << n;
  }
}

TEST(BinnedKdeMode, EdgesOfItsDomain) {
  EXPECT_TRUE(std::isnan(inference::binned_kde_mode({})));
  EXPECT_EQ(inference::binned_kde_mode(std::vector<double>{2, 2, 2}), 2);
  EXPECT_NEAR(inference::binned_kde_mode(std::vector<double>{-1, 0, 1}), 0, 1e-12);
}

}  // namespace
}  // namespace arcproof::population

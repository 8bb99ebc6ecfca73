#include "engine/inference/kernel_density.h"

#include "engine/core/random.h"
#include "engine/core/statistics.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::inference {
namespace {

// The twin sums over all draws on 512 points. The two differ by the widening of the kernel and the parabola
// through points of a different spacing: below a hundredth of the bandwidth.
TEST(BinnedKdeMode, EqualsTheUnbinnedTwin) {
  Random random({.seed = 3, .purpose = "kernel_density_test"});
  for (const int n : {30, 300, 3000, 20000}) {
    std::vector<double> skewed(n);
    for (double& x : skewed) x = std::exp(0.4 * random.normal()) - 2;
    const double bandwidth = statistics::standard_deviation(skewed) * std::pow(n, -0.2);
    EXPECT_NEAR(binned_kde_mode(skewed), kde_mode(skewed), 0.01 * bandwidth) << n;
  }
}

TEST(BinnedKdeMode, EdgesOfItsDomain) {
  EXPECT_TRUE(std::isnan(binned_kde_mode({})));
  EXPECT_EQ(binned_kde_mode(std::vector<double>{2, 2, 2}), 2);
  EXPECT_NEAR(binned_kde_mode(std::vector<double>{-1, 0, 1}), 0, 1e-12);
}

// scipy.optimize.minimize_scalar of -scipy.stats.gaussian_kde(x); the grid's step is 0.0127.
TEST(KdeMode, EqualsScipy) {
  const std::vector<double> x = {1.0, 1.3, 1.4, 1.5, 1.55, 1.6, 2.1, 2.9, 4.0, 7.5};
  EXPECT_NEAR(kde_mode(x), 1.672313006186877, 1e-5);
  EXPECT_EQ(kde_mode(std::vector<double>(3, 4.5)), 4.5);
  EXPECT_TRUE(std::isnan(kde_mode({})));
  EXPECT_TRUE(std::isnan(kde_mode(std::vector<double>{1, std::nan(""), 2})));
}

}  // namespace
}  // namespace arcproof::inference

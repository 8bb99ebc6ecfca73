// The regions that hold a share of a chain's draws, against the normal distribution.
#include "reports/drawing/joint_density.h"

#include "engine/core/random.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::reports {
namespace {

// 200,000 draws of a correlated normal pair, seed 3. The region of share q holds it to a cell (0.005), and is
// that of chi^2 < -2 ln(1 - q) to a cell on either side.
TEST(JointDensity, RegionsHoldTheirShareOfTheDraws) {
  Random random({.seed = 3, .purpose = "cmf_page"});
  std::vector<double> x, y;
  for (int i = 0; i < 200000; ++i) {
    const double a = random.normal(), b = random.normal();
    x.push_back(-1.8 + 0.2 * a);
    y.push_back(7.9 + 0.4 * (0.8 * a + 0.6 * b));
  }
  const JointDensity joint = joint_density(x, y);
  double sum = 0;
  for (const double d : joint.density) sum += d;
  EXPECT_NEAR(sum, 1, 1e-9);
  for (const double share : {0.68, 0.95}) {
    const double level = joint.level(share);
    int inside = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      inside += joint.at(static_cast<int>(std::lround((x[i] - joint.x_low) / joint.x_step)),
                         static_cast<int>(std::lround((y[i] - joint.y_low) / joint.y_step))) >= level;
    EXPECT_NEAR(inside / 200000.0, share, 0.005) << share;
    // The contour lies where chi^2 says: along x through the middle, +- sigma_x sqrt((1 - rho^2) chi^2).
    const int row = static_cast<int>(std::lround((7.9 - joint.y_low) / joint.y_step));
    int across = 0;
    for (int c = 0; c < JointDensity::cells; ++c) across += joint.at(c, row) >= level;
    const double chi2 = -2 * std::log(1 - share);
    EXPECT_NEAR(across * joint.x_step, 2 * 0.2 * 0.6 * std::sqrt(chi2), 2 * joint.x_step) << share;
  }
}

TEST(JointDensity, DrawsWithoutWidthHaveNoCells) {
  EXPECT_TRUE(joint_density({}, {}).density.empty());
  EXPECT_TRUE(joint_density({1, 1, 1}, {2, 3, 4}).density.empty());
}

}  // namespace
}  // namespace arcproof::reports

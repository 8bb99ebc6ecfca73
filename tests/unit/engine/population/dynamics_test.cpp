#include "engine/population/dynamics.h"

#include <gtest/gtest.h>

namespace arcproof::population {
namespace {

// R = 1 pc, M = 1e5 Msun: G M = 430.091 pc (km/s)^2, 1 pc/(km/s) = 0.977792 Myr, so 10 x 0.0482192 x 0.977792
// Myr.
TEST(Dynamics, CrossingTimeAndDynamicalAge) {
  const MassAndRadius cluster{.mass_msun = 1e5, .radius_pc = 1};
  EXPECT_NEAR(crossing_time_myr(cluster), 0.471484, 1e-5);
  EXPECT_NEAR(dynamical_age(4.71484, cluster), 10, 1e-4);
}

TEST(Dynamics, CrossingTimeGoesAsTheRootOfTheInverseDensity) {
  const double one = crossing_time_myr({.mass_msun = 1e6, .radius_pc = 2});
  EXPECT_NEAR(crossing_time_myr({.mass_msun = 4e6, .radius_pc = 2}) / one, 0.5, 1e-14);
  EXPECT_NEAR(crossing_time_myr({.mass_msun = 1e6, .radius_pc = 8}) / one, 8, 1e-13);
}

}  // namespace
}  // namespace arcproof::population

#include "engine/sky/position_angle.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sky {
namespace {

TEST(PositionAngle, OfAnEllipseIsThatOfItsMajorAxis) {
  for (double angle = -1.5; angle < 1.55; angle += 0.1) {
    const double c = std::cos(angle), s = std::sin(angle), a = 4, b = 1;
    EXPECT_NEAR(major_axis_angle_rad(a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c), angle,
                1e-15);
    EXPECT_NEAR(axis_angle_rad(0.3 * std::cos(2 * angle), 0.3 * std::sin(2 * angle)), angle, 1e-15);
  }
  EXPECT_EQ(major_axis_angle_rad(2, 0, 2), 0);
}

TEST(PositionAngle, RunsFromNorthThroughEastOverHalfATurn) {
  EXPECT_DOUBLE_EQ(position_angle_deg(0, 1), 0);
  EXPECT_DOUBLE_EQ(position_angle_deg(1, 1), 45);
  EXPECT_DOUBLE_EQ(position_angle_deg(1, 0), 90);
  EXPECT_DOUBLE_EQ(position_angle_deg(-1, 1), 135);
  EXPECT_DOUBLE_EQ(position_angle_deg(0, -1), 0);
  EXPECT_DOUBLE_EQ(position_angle_deg(-1, -1), 45);
}

}  // namespace
}  // namespace arcproof::sky

#include "engine/lens/profiles/elementary_functions.h"

#include "engine/core/random.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

double units_in_last_place(double value, long double exact) {
  const double rounded = static_cast<double>(exact);
  const double unit =
      std::nextafter(std::abs(rounded), std::numeric_limits<double>::infinity()) - std::abs(rounded);
  return static_cast<double>(std::abs(value - exact) / unit);
}

// 100,000 numbers from 1e-60 to 1e60 and as many around 1, where the logarithm loses its leading digits.
TEST(ElementaryFunctions, LogarithmIsRightToTwoUnitsInTheLastPlace) {
  Random random({.seed = 1, .purpose = "log"});
  double worst = 0;
  for (int i = 0; i < 100000; ++i) {
    for (const double x :
         {std::pow(10.0, random.uniform(-60, 60)), 1 + std::pow(10.0, random.uniform(-12, 0)),
          1 - 0.5 * std::pow(10.0, random.uniform(-12, 0))})
      worst =
          std::max(worst, units_in_last_place(vector_log_ratio(x, 1), std::log(static_cast<long double>(x))));
  }
  EXPECT_LT(worst, 2);
  EXPECT_EQ(vector_log_ratio(1.0, 1.0), 0.0);
  EXPECT_TRUE(std::isnan(vector_log_ratio(std::numeric_limits<double>::quiet_NaN(), 1.0)));
}

TEST(ElementaryFunctions, ArcTangentIsRightToThreeUnitsInTheLastPlace) {
  Random random({.seed = 1, .purpose = "atan"});
  double worst = 0;
  for (int i = 0; i < 100000; ++i) {
    const double y = std::pow(10.0, random.uniform(-20, 20)) * (random.uniform() < 0.5 ? -1 : 1),
                 x = std::pow(10.0, random.uniform(-20, 20)), near = y * random.uniform(-3, 3) + 1e-300;
    worst =
        std::max(worst, units_in_last_place(vector_atan(y, x), std::atan2(static_cast<long double>(y), x)));
    worst = std::max(worst, units_in_last_place(vector_atan(y, std::abs(near)),
                                                std::atan2(static_cast<long double>(y), std::abs(near))));
  }
  EXPECT_LT(worst, 3);
  EXPECT_EQ(vector_atan(0.0, 1.0), 0.0);
}

}  // namespace
}  // namespace arcproof::lens

#include "engine/inference/summary.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::inference {
namespace {

TEST(Summary, IsTheMedianAndTheCentral68Percent) {
  std::vector<double> draws(101);
  std::iota(draws.begin(), draws.end(), 0.0);
  const Summary s = summary_of(draws);
  EXPECT_DOUBLE_EQ(s.median, 50);
  EXPECT_DOUBLE_EQ(s.low, 16);
  EXPECT_DOUBLE_EQ(s.high, 84);
  EXPECT_TRUE(std::isnan(summary_of({}).median));
  draws[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(summary_of(draws).low));
}

TEST(Summary, AnErrorBarIsNeverNegative) {
  const Summary s{.median = 50, .low = 16, .high = 84};
  EXPECT_DOUBLE_EQ(error_bar(40, s).minus, 24);
  EXPECT_DOUBLE_EQ(error_bar(40, s).plus, 44);
  EXPECT_EQ(error_bar(90, s).plus, 0);
  EXPECT_EQ(error_bar(10, s).minus, 0);
}

std::vector<int> counts(const std::vector<double>& weight, double total, std::size_t wanted, double uniform) {
  std::vector<int> count(weight.size());
  resample_systematically(weight, total, wanted, uniform, [&](std::size_t i) { ++count[i]; });
  return count;
}

// 10 x 0.25, 0, 0.6 and 0.15 of the whole, to the next whole number.
TEST(SystematicResampling, TakesEachPointAsOftenAsItsWeightSays) {
  const std::vector<double> weight = {0.5, 0, 1.2, 0.3};
  for (const double uniform : {0.0, 0.3, 0.7, 0.999}) {
    const std::vector<int> count = counts(weight, 2, 10, uniform);
    EXPECT_EQ(count[0] + count[1] + count[2] + count[3], 10);
    EXPECT_NEAR(count[0], 2.5, 0.5);
    EXPECT_EQ(count[1], 0);
    EXPECT_EQ(count[2], 6);
    EXPECT_NEAR(count[3], 1.5, 0.5);
  }
}

// A total that rounding made too great: the draws are all made, by the last point with a weight.
TEST(SystematicResampling, GivesWhatRoundingLeavesToTheLastPointWithAWeight) {
  const std::vector<int> count = counts({1, 1, 0}, 2.5, 5, 0.5);
  EXPECT_EQ(count, (std::vector<int>{2, 3, 0}));
}

}  // namespace
}  // namespace arcproof::inference

#include "engine/core/statistics.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/random.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof::statistics {
namespace {

const std::vector<double> sample = {3.1, -1.2, 4.4, 0.5, 9.7, 2.2, 2.2, 5.0};

// numpy.percentile(sample, [0, 10, 25, 50, 75, 97.5, 100]); numpy.std(sample, ddof=1);
// scipy.stats.median_abs_deviation(sample, scale="normal").
TEST(Statistics, EqualNumpyOnASample) {
  const std::vector<double> p = {0, 0.1, 0.25, 0.5, 0.75, 0.975, 1};
  const std::vector<double> expected = {-1.2, -0.01, 1.775, 2.65, 4.55, 8.8775, 9.7};
  const std::vector<double> found = quantiles(sample, p);
  ASSERT_EQ(found.size(), p.size());
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-14) << p[i];
  EXPECT_NEAR(mean(sample), 25.9 / 8, 1e-15);
  EXPECT_NEAR(standard_deviation(sample), 3.2858734433502277, 1e-14);
  EXPECT_NEAR(mad_sigma(sample), 2.891074326085924, 1e-14);
}

TEST(Statistics, MedianIsTheHalfQuantileForEveryLength) {
  Random random({.purpose = "median test"});
  std::vector<double> x;
  for (int n = 1; n <= 40; ++n) {
    x.push_back(std::floor(random.uniform(0, 20)));
    std::vector<double> sorted = x;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t half = x.size() / 2;
    EXPECT_EQ(median(x), n % 2 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]));
    EXPECT_EQ(quantile(x, 0.5), median(x));
  }
}

TEST(Statistics, OfNothingOrOfNanAreNan) {
  const std::vector<double> none, one = {2.0}, bad = {1.0, nan, 2.0, 3.0};
  for (const auto& x : {none, bad})
    for (const double value : {mean(x), standard_deviation(x), median(x), quantile(x, 0.2), mad_sigma(x)})
      EXPECT_TRUE(std::isnan(value));
  EXPECT_TRUE(std::isnan(standard_deviation(one)));
  EXPECT_EQ(median(one), 2);
  EXPECT_EQ(quantile(one, 0.9), 2);
}

TEST(Statistics, QuantilesOutsideTheUnitIntervalAreRefused) {
  EXPECT_THROW(quantile(sample, -0.01), ContractError);
  EXPECT_THROW(quantile(sample, 1.01), ContractError);
  EXPECT_THROW(quantile(sample, nan), ContractError);
}

// astropy.stats.sigma_clip(y, sigma, maxiters, cenfunc="median", stdfunc with ddof=1).
TEST(Statistics, SigmaClippingEqualsAstropyAndIgnoresNan) {
  const std::vector<double> y = {1.0, 1.2,  0.9, nan, 1.1, 1.05, 0.95, 2.15,
                                 1.0, 0.85, 1.1, 3.0, 5.0, 40.0, -30.0};
  const Clipped loose = sigma_clipped(y), tight = sigma_clipped(y, 2), twice = sigma_clipped(y, 1.5, 2);
  EXPECT_EQ(loose.kept, 14u);
  EXPECT_NEAR(loose.sigma, 13.830566164823495, 1e-13);
  EXPECT_EQ(tight.kept, 9u);
  EXPECT_NEAR(tight.mean, 1.0166666666666666, 1e-15);
  EXPECT_NEAR(tight.median, 1.0, 1e-15);
  EXPECT_NEAR(tight.sigma, 0.10897247358851686, 1e-15);
  EXPECT_EQ(twice.kept, 10u);
  EXPECT_NEAR(twice.mean, 1.13, 1e-15);
}

// scipy.stats.beta.ppf([(1 - level) / 2, (1 + level) / 2], k + 0.5, n - k + 0.5).
TEST(Statistics, JeffreysIntervalEqualsScipy) {
  const auto check = [](int k, int n, double level, double low, double high) {
    const Interval found = binomial_interval(k, n, level);
    EXPECT_NEAR(found.low, low, 1e-12) << k << "/" << n;
    EXPECT_NEAR(found.high, high, 1e-12) << k << "/" << n;
  };
  check(3, 10, 0.6827, 0.1799298796089808, 0.45775401993790893);
  check(0, 7, 0.6827, 0, 0.12794503817041541);
  check(7, 7, 0.95, 0.7075638263376902, 1);
  check(250, 1000, 0.95, 0.22391109474754947, 0.27753363123662084);
  check(0, 0, 0.95, 0, 1);
  EXPECT_THROW(binomial_interval(3, 2), ContractError);
  EXPECT_THROW(binomial_interval(1, 2, 1.0), ContractError);
}

// scipy.stats.norm.cdf, norm.ppf, chi2.sf.
TEST(Statistics, TailsEqualScipy) {
  EXPECT_NEAR(normal_cdf(-8) / 6.22096057427174e-16, 1, 1e-12);
  EXPECT_NEAR(normal_cdf(1.3), 0.9031995154143897, 1e-15);
  EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, 1e-12);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(chi_squared_sf(10, 3), 0.01856613546304325, 1e-15);
  EXPECT_NEAR(chi_squared_sf(300, 50) / 2.3141364165140704e-37, 1, 1e-11);
  EXPECT_EQ(chi_squared_sf(0, 4), 1);
}

TEST(Statistics, ChiSquaredTailOfNanIsNan) { EXPECT_TRUE(std::isnan(chi_squared_sf(nan, 3))); }

TEST(Statistics, RanksEqualTheirCountingTwin) {
  Random random({.purpose = "rank test"});
  std::vector<double> x;
  for (int i = 0; i < 200; ++i) x.push_back(std::floor(random.uniform(0, 50)));
  const std::vector<double> ranks = average_ranks(x);
  ASSERT_EQ(ranks.size(), x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto below = std::count_if(x.begin(), x.end(), [&](double v) { return v < x[i]; });
    const auto equal = std::count(x.begin(), x.end(), x[i]);
    EXPECT_EQ(ranks[i], static_cast<double>(below) + 0.5 * static_cast<double>(equal + 1));
  }
  EXPECT_TRUE(average_ranks({}).empty());
}

TEST(Statistics, RanksOfASampleWithNanEnd) {
  const std::vector<double> bad = {1.0, nan, 2.0};
  EXPECT_TRUE(std::isnan(average_ranks(bad)[1]));
}

TEST(WeightedQuantiles, LieBetweenTheMiddlesOfSteps) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_DOUBLE_EQ(WeightedQuantiles({{2, 1}, {1, 1}, {3, 1}, {4, 1}}).at(0.5), 2.5);
  EXPECT_DOUBLE_EQ(WeightedQuantiles({{1, 3}, {5, 1}}).at(0.375), 1);
  EXPECT_DOUBLE_EQ(WeightedQuantiles({{1, 3}, {5, 1}}).at(0.625), 3);
  EXPECT_DOUBLE_EQ(WeightedQuantiles({{1, 3}, {5, 1}}).at(0.99), 5);
  EXPECT_DOUBLE_EQ(WeightedQuantiles({{nan, 3}, {5, 1}, {7, 0}, {9, nan}}).at(0.5), 5);
  EXPECT_TRUE(std::isnan(WeightedQuantiles({}).at(0.5)));
}

}  // namespace
}  // namespace arcproof::statistics

#include "engine/inference/ensemble_sampler.h"

#include "engine/core/error.h"
#include "engine/core/statistics.h"

#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

namespace arcproof::population {
namespace {

constexpr double zero_density = -std::numeric_limits<double>::infinity();

std::vector<double> scattered_start(int walkers, int dimensions, Random& random) {
  std::vector<double> start(static_cast<std::size_t>(walkers) * dimensions);
  for (double& x : start) x = random.uniform(0.1, 0.4);
  return start;
}

inference::EnsembleChain run(const inference::LogDensity& density, int dimensions,
                             const inference::EnsembleOptions& options, std::int64_t number = 0) {
  Random random({.seed = 11, .purpose = "ensemble_sampler_test", .realisation = number});
  const auto start = scattered_start(options.walkers, dimensions, random);
  return inference::run_ensemble(density, dimensions, start, options, random);
}

double gaussian(std::span<const double> x) { return -0.5 * x[0] * x[0]; }

TEST(EnsembleSampler, SameStreamSameBits) {
  const auto a = run(gaussian, 1, {}), b = run(gaussian, 1, {}), c = run(gaussian, 1, {}, 1);
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.log_density, b.log_density);
  EXPECT_NE(a.values, c.values);
}

TEST(EnsembleSampler, LaysOutItsChain) {
  const auto chain = run(gaussian, 1, {.walkers = 4, .steps = 3});
  ASSERT_EQ(chain.values.size(), 12u);
  EXPECT_EQ(chain.value(2, 1, 0), chain.values[9]);
  for (std::size_t i = 0; i < chain.values.size(); ++i)
    EXPECT_EQ(chain.log_density[i], gaussian(std::span(&chain.values[i], 1)));
  EXPECT_EQ(chain.flat(0, 2), std::vector<double>(chain.values.begin() + 8, chain.values.end()));
  const auto series = chain.walker_series(0, 1);
  EXPECT_EQ(series.size(), 4u);
  EXPECT_EQ(series[3], (std::vector<double>{chain.value(1, 3, 0), chain.value(2, 3, 0)}));
  EXPECT_TRUE(chain.flat(0, 3).empty());
}

// A correlated Gaussian: covariance {{4, 1.8}, {1.8, 1}}, mean (3, -1).
double correlated(std::span<const double> x) {
  const double u = (x[0] - 3) / 2, v = x[1] + 1, rho = 0.9;
  return -0.5 * (u * u - 2 * rho * u * v + v * v) / (1 - rho * rho);
}

// Seed 11, 100 walkers x 5,500 steps, 500 burn-in. tau is 30 steps: 16,700 independent draws, standard error
// 0.0077 sigma of a mean, 0.011 of a variance (relative). Bounds: 5 standard errors, 6e-7 a check.
TEST(EnsembleSampler, FindsMeanAndCovarianceOfAGaussian) {
  const auto chain = run(correlated, 2, {.steps = 5500});
  const auto x = chain.flat(0, 500), y = chain.flat(1, 500);
  const double mx = statistics::mean(x), my = statistics::mean(y);
  double xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) xy += (x[i] - mx) * (y[i] - my) / static_cast<double>(x.size());
  EXPECT_NEAR(mx, 3, 0.039 * 2);
  EXPECT_NEAR(my, -1, 0.039);
  EXPECT_NEAR(std::pow(statistics::standard_deviation(x), 2), 4, 0.055 * 4);
  EXPECT_NEAR(std::pow(statistics::standard_deviation(y), 2), 1, 0.055);
  EXPECT_NEAR(xy, 1.8, 0.055 * 1.8);
}

// The z^(d-1) of the acceptance is what makes this right in more than one dimension. Seed 11, 40 walkers x
// 21,000 steps, 1,000 burn-in. tau is 58 steps: 13,800 draws, standard error 0.012 of a variance; 5 of them.
TEST(EnsembleSampler, FindsTheVarianceInFiveDimensions) {
  const auto ball = [](std::span<const double> x) {
    return -0.5 * std::inner_product(x.begin(), x.end(), x.begin(), 0.0);
  };
  const auto chain = run(ball, 5, {.walkers = 40, .steps = 21000});
  for (int i = 0; i < 5; ++i)
    EXPECT_NEAR(std::pow(statistics::standard_deviation(chain.flat(i, 1000)), 2), 1, 0.06) << i;
}

// The uniform density on the triangle x, y > 0, x + y < 1: means 1/3, and never outside. Variance 1/18; tau
// is 42 steps, so 11,900 draws: standard error 0.0022; 5 of them.
TEST(EnsembleSampler, NeverLeavesTheSupport) {
  const auto triangle = [](std::span<const double> x) {
    return x[0] > 0 && x[1] > 0 && x[0] + x[1] < 1 ? 0.0 : zero_density;
  };
  const auto chain = run(triangle, 2, {.steps = 5500});
  for (const double density : chain.log_density) ASSERT_EQ(density, 0.0);
  for (std::size_t i = 0; i < chain.values.size(); i += 2)
    ASSERT_EQ(triangle(std::span(&chain.values[i], 2)), 0.0);
  EXPECT_NEAR(statistics::mean(chain.flat(0, 500)), 1.0 / 3, 0.011);
  EXPECT_NEAR(statistics::mean(chain.flat(1, 500)), 1.0 / 3, 0.011);
}

TEST(EnsembleSampler, CountsWhatItAccepted) {
  const auto chain = run(gaussian, 1, {.walkers = 20, .steps = 2000});
  int moved = 0;
  for (int step = 1; step < chain.steps; ++step)
    for (int walker = 0; walker < chain.walkers; ++walker)
      moved += chain.value(step, walker, 0) != chain.value(step - 1, walker, 0);
  EXPECT_NEAR(chain.acceptance, moved / (20.0 * 1999),
              1e-3);  // the first step is not seen from here: at most 1/2000
}

TEST(EnsembleSampler, RefusesWhatItCannotRun) {
  Random random({.seed = 1});
  const std::vector<double> start{0.1, 0.2, 0.3, 0.4};
  const auto go = [&](const inference::LogDensity& density, const std::vector<double>& from,
                      inference::EnsembleOptions options) {
    return inference::run_ensemble(density, 1, from, options, random);
  };
  const inference::EnsembleOptions four{.walkers = 4, .steps = 50};
  EXPECT_NO_THROW(go(gaussian, start, four));
  EXPECT_THROW(go(gaussian, start, {.walkers = 6}), ContractError);            // start too short
  EXPECT_THROW(go(gaussian, {0.1, 0.2, 0.3}, {.walkers = 3}), ContractError);  // odd
  EXPECT_THROW(go(gaussian, {0.1, 0.2}, {.walkers = 2}), ContractError);       // too few
  EXPECT_THROW(go(gaussian, {0.1, 0.2, 0.1, 0.4}, four), ContractError);       // two alike
  EXPECT_THROW(go(gaussian, start, {.walkers = 4, .stretch = 1}), ContractError);
  const auto half_line = [](std::span<const double> x) { return x[0] > 0.15 ? 0.0 : zero_density; };
  EXPECT_THROW(go(half_line, start, four), ContractError);                       // one starts outside
  const auto broken = [](std::span<const double> x) { return std::log(x[0]); };  // NaN below 0
  EXPECT_THROW(go(broken, start, four), ContractError);
}

}  // namespace
}  // namespace arcproof::population

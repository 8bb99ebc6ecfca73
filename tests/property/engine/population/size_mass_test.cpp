// The size-mass relation against brute-force integrals, and on mocks of known slope.
#include "engine/population/size_mass.h"

#include "engine/core/parallel.h"
#include "engine/core/statistics.h"
#include "engine/population/dynamics.h"

#include <array>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace arcproof::population {
namespace {

double normal(double x, double mean, double sigma) {
  return std::exp(-0.5 * std::pow((x - mean) / sigma, 2)) / (sigma * std::sqrt(2 * std::numbers::pi));
}

// The slow twin: the true mass integrated over by 4,000 steps; the size's scatter and error are one normal.
double by_integration(const std::array<double, 5>& theta, const SizeAndMass& c, double pivot) {
  const auto [a, b, scatter, mean, spread] = theta;
  double sum = 0;
  const double step = 20 * spread / 4000;
  for (int i = 0; i <= 4000; ++i) {
    const double mass = mean + (i - 2000) * step, expected = a + b * (mass - pivot);
    const double width = std::hypot(scatter, c.log_radius_error);
    const double size = c.upper_limit ? statistics::normal_cdf((c.log_radius_pc - expected) / width)
                                      : normal(c.log_radius_pc, expected, width);
    sum += normal(mass, mean, spread) * normal(c.log_mass_msun, mass, c.log_mass_error) * size * step;
  }
  return std::log(sum);
}

TEST(SizeMassTest, LikelihoodIsTheIntegralOverTrueMasses) {
  const std::array<double, 5> theta = {0.7, 0.24, 0.2, 6.1, 0.5};
  for (const bool limit : {false, true})
    for (const double size : {0.2, 0.8, 1.5}) {
      const SizeAndMass c{6.6, 0.25, size, 0.12, limit};
      EXPECT_NEAR(log_likelihood_size_mass(theta, std::array{c}, 6), by_integration(theta, c, 6), 1e-9);
    }
}

// 100 clusters, errors of 0.2 dex in mass and 0.1 dex in size; about a quarter unresolved below 3.2 pc.
std::vector<SizeAndMass> mock(double slope, Random& random) {
  std::vector<SizeAndMass> clusters;
  for (int i = 0; i < 100; ++i) {
    const double mass = 6 + 0.6 * random.normal(), size = 0.65 + slope * (mass - 6) + 0.2 * random.normal();
    SizeAndMass c{mass + 0.2 * random.normal(), 0.2, size + 0.1 * random.normal(), 0.1, false};
    if (c.log_radius_pc < 0.5) c = {c.log_mass_msun, 0.2, 0.5, 0.1, true};
    clusters.push_back(c);
  }
  return clusters;
}

// 400 mocks with slope 0.24: the 68% intervals cover 68 +- 7% (3 sigma, 0.3%). The median of a small sample
// is high by some 0.5 / N (seen: 0.0088 +- 0.0023 at N = 50, 0.0010 +- 0.0015 at 400), here a tenth of the
// posterior's width; four standard errors of the mean over the mocks, 0.009, leave room for it, and for a
// fall by 6. Chains start near the answer; 24 walkers of some 10 tau after burn-in are enough for 68%.
TEST(SizeMassMocks, IntervalsCover) {
  constexpr int mocks = 400;
  std::vector<double> slope(mocks), scatter(mocks), inside(mocks), inside_scatter(mocks);
  parallel_for(mocks, 2, [&](std::size_t i) {
    Random random({.seed = 1, .purpose = "size_mass_mocks", .realisation = std::int64_t(i)});
    SizeMassOptions options;
    options.sampler = {.walkers = 24, .steps = 600};
    options.burn_in = 150;
    options.ensembles = 1;
    const SizeMassFit fit = fit_size_mass(mock(0.24, random), options, i);
    slope[i] = fit.parameters[1].median;
    scatter[i] = fit.parameters[2].median;
    inside[i] = fit.parameters[1].low < 0.24 && 0.24 < fit.parameters[1].high;
    inside_scatter[i] = fit.parameters[2].low < 0.2 && 0.2 < fit.parameters[2].high;
  });
  const double error = statistics::standard_deviation(slope) / std::sqrt(mocks);
  RecordProperty("slope", std::to_string(statistics::mean(slope)) + " +- " + std::to_string(error));
  RecordProperty("scatter", std::to_string(statistics::mean(scatter)));
  RecordProperty("coverage", std::to_string(statistics::mean(inside)));
  RecordProperty("coverage_scatter", std::to_string(statistics::mean(inside_scatter)));
  EXPECT_NEAR(statistics::mean(slope), 0.24, 4 * error);
  EXPECT_NEAR(statistics::mean(inside), 0.68, 0.07);
  EXPECT_NEAR(statistics::mean(inside_scatter), 0.68, 0.07);
}

TEST(SizeMassTest, TooFewSizesGiveNoChains) {
  const std::vector<SizeAndMass> limits(10, {6, 0.1, 0.5, 0.1, true});
  const SizeMassFit fit = fit_size_mass(limits, {}, 1);
  EXPECT_EQ(fit.upper_limits, 10);
  EXPECT_TRUE(fit.chains.empty());
}

TEST(BoundClusterTest, ProbabilityFromTheErrorsOfAgeSizeAndMass) {
  const double log_tau = std::log10(crossing_time_myr({.mass_msun = 1e5, .radius_pc = 1})) + 6;
  EXPECT_NEAR(bound_probability({{5, 0.2, 0, 0.1, false}, log_tau, 0.3}), 0.5, 1e-12);
  // log Pi = 0.3 with an error of sqrt(0.3^2 + 0.15^2 + 0.1^2) = 0.35
  EXPECT_NEAR(bound_probability({{5, 0.2, 0, 0.1, false}, log_tau + 0.3, 0.3}),
              statistics::normal_cdf(0.3 / 0.35), 1e-12);
  const std::vector<BoundCluster> both = {{{5, 0.2, 0, 0.1, false}, log_tau, 0.3},
                                          {{5, 0, 0, 0, true}, log_tau + 1, 0}};
  const BoundFraction fraction = bound_fraction(both);
  EXPECT_NEAR(fraction.fraction, 0.75, 1e-12);
  EXPECT_NEAR(fraction.error, 0.25, 1e-12);
}

}  // namespace
}  // namespace arcproof::population

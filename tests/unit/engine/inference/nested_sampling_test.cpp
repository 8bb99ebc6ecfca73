#include "engine/inference/nested_sampling.h"

#include "engine/core/error.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof {
namespace {

double log_normal_density(double x, double mean, double sigma) {
  return -0.5 * std::pow((x - mean) / sigma, 2) - std::log(sigma * std::sqrt(2 * M_PI));
}

struct Moments {
  double mean = 0, variance = 0;
};
Moments moments(const inference::NestedSamples& samples, std::size_t axis) {
  Moments m;
  for (std::size_t i = 0; i < samples.size(); ++i) m.mean += samples.weight[i] * samples.at(i)[axis];
  for (std::size_t i = 0; i < samples.size(); ++i)
    m.variance += samples.weight[i] * std::pow(samples.at(i)[axis] - m.mean, 2);
  return m;
}

// A normal density of unit integral well inside the cube: evidence 1. Two axes are correlated by 0.95.
// Seeds 1 to 8; 4 sigma of the mean of eight: 1 in 16,000 by chance, each.
TEST(NestedSampling, FindsEvidenceAndMomentsOfACorrelatedNormal) {
  constexpr int dimensions = 6, runs = 8;
  constexpr double sigma = 0.03, rho = 0.95;
  const auto density = [&](std::span<const double> x) {
    double sum = log_normal_density(x[0], 0.4, sigma) +
                 log_normal_density(x[1], 0.6 + rho * (x[0] - 0.4), sigma * std::sqrt(1 - rho * rho));
    for (std::size_t i = 2; i < dimensions; ++i) sum += log_normal_density(x[i], 0.5, sigma);
    return sum;
  };
  double evidence = 0, error = 0, mean = 0, variance = 0, effective = 0;
  for (int run = 1; run <= runs; ++run) {
    Random random({.seed = static_cast<std::uint64_t>(run), .purpose = "nested"});
    const inference::NestedSamples s = inference::sample_nested(density, dimensions, {.live = 300}, random);
    ASSERT_TRUE(s.finished);
    evidence += s.log_evidence / runs;
    error += s.log_evidence_error * s.log_evidence_error / (runs * runs);
    const Moments m = moments(s, 1);
    mean += m.mean / runs;
    variance += m.variance / runs;
    effective += s.effective_number();
    // H = -ln of the volume that a density of 1/e^(d/2) of its peak fills: sum of ln(1 / (sigma sqrt(2 pi
    // e))).
    const double exact =
        -dimensions * std::log(sigma * std::sqrt(2 * M_PI * M_E)) - 0.5 * std::log(1 - rho * rho);
    EXPECT_NEAR(s.information, exact, 1);
  }
  EXPECT_NEAR(evidence, 0, 4 * std::sqrt(error));
  EXPECT_LT(std::sqrt(error), 0.1);
  EXPECT_NEAR(mean, 0.6, 4 * sigma / std::sqrt(effective));
  EXPECT_NEAR(variance / (sigma * sigma), 1, 4 * std::sqrt(2 / effective));
  EXPECT_GT(effective, runs * 500);
}

// Two peaks of weights 0.3 and 0.7, eight widths apart in each axis. Share of the smaller: the live places
// that happen to be in it when they part, sqrt(0.3 x 0.7 / live) or less; eight runs, 4 sigma.
TEST(NestedSampling, KeepsBothPeaksInTheirShares) {
  constexpr int dimensions = 4, runs = 8, live = 400;
  const auto density = [](std::span<const double> x) {
    double left = std::log(0.3), right = std::log(0.7);
    for (const double v : x) {
      left += log_normal_density(v, 0.3, 0.05);
      right += log_normal_density(v, 0.7, 0.05);
    }
    return std::max(left, right) + std::log1p(std::exp(-std::abs(left - right)));
  };
  double share = 0, evidence = 0;
  for (int run = 1; run <= runs; ++run) {
    Random random({.seed = static_cast<std::uint64_t>(run), .purpose = "nested"});
    const inference::NestedSamples s = inference::sample_nested(density, dimensions, {.live = live}, random);
    for (std::size_t i = 0; i < s.size(); ++i) share += (s.at(i)[0] < 0.5 ? s.weight[i] : 0) / runs;
    evidence += s.log_evidence / runs;
  }
  EXPECT_NEAR(share, 0.3, 4 * std::sqrt(0.21 / live / runs));
  EXPECT_NEAR(evidence, 0, 4 * std::sqrt(7.0 / live / runs));
}

// A density that rises towards a corner: the walls of the cube must not push the places away. Evidence of
// prod exp(-x / 0.1): (0.1 (1 - e^-10))^3; mean x = 0.1 to 5e-4.
TEST(NestedSampling, ReachesTheWalls) {
  double evidence = 0, mean = 0;
  constexpr int runs = 8;
  for (int run = 1; run <= runs; ++run) {
    Random random({.seed = static_cast<std::uint64_t>(run), .purpose = "nested"});
    const inference::NestedSamples s = inference::sample_nested(
        [](std::span<const double> x) { return -(x[0] + x[1] + x[2]) / 0.1; }, 3, {.live = 200}, random);
    evidence += s.log_evidence / runs;
    mean += moments(s, 0).mean / runs;
  }
  EXPECT_NEAR(evidence, 3 * std::log(0.1), 4 * std::sqrt(4.0 / 200 / runs));
  EXPECT_NEAR(mean, 0.1, 4 * 0.1 / std::sqrt(runs * 400.0));
}

TEST(NestedSampling, SameStreamSameSamples) {
  const auto density = [](std::span<const double> x) { return log_normal_density(x[0], 0.5, 0.1); };
  Random one({.seed = 3, .purpose = "nested"}), two({.seed = 3, .purpose = "nested"});
  const inference::NestedSamples a = inference::sample_nested(density, 1, {.live = 50}, one),
                                 b = inference::sample_nested(density, 1, {.live = 50}, two);
  EXPECT_EQ(a.place, b.place);
  EXPECT_EQ(a.weight, b.weight);
}

TEST(NestedSampling, OfNothingAndOfNonsense) {
  Random random({.seed = 3, .purpose = "nested"});
  const auto constant = [](double value) { return [value](std::span<const double>) { return value; }; };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(inference::sample_nested(constant(-infinity), 2, {}, random).size(), 0u);
  // Flat: the evidence is the value, all places weigh the same.
  const inference::NestedSamples flat = inference::sample_nested(constant(-5), 2, {}, random);
  EXPECT_NEAR(flat.log_evidence, -5, 1e-9);
  EXPECT_NEAR(flat.effective_number(), 400, 1e-6);
  EXPECT_THROW(inference::sample_nested(constant(std::nan("")), 2, {}, random), ContractError);
  EXPECT_THROW(inference::sample_nested(constant(infinity), 2, {}, random), ContractError);
  EXPECT_THROW(inference::sample_nested(constant(0), 2, {.live = 4}, random), ContractError);
}

}  // namespace
}  // namespace arcproof

// The fitted posterior against its exact twin, and what it promises of the truth.
#include "engine/core/statistics.h"
#include "engine/population/mass_function.h"
#include "tests/unit/engine/population/brute_force.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include <boost/math/distributions/gamma.hpp>
#include <gtest/gtest.h>

namespace arcproof::population {
namespace {

constexpr double min_mass = 2e6;

// Under a flat prior on beta the posterior of -(beta + 1) is a Gamma distribution of shape N + 1 and rate sum
// ln t (cut at 2, which is 6 standard deviations away in all samples here).
class ExactPowerLaw {
 public:
  explicit ExactPowerLaw(const std::vector<double>& masses)
      : gamma_(masses.size() + 1.0, 1 / sum_log(masses)) {}
  double quantile(double p) const {
    return -1 - boost::math::quantile(gamma_, (1 - p) * boost::math::cdf(gamma_, 2.0));
  }
  double sigma() const { return boost::math::standard_deviation(gamma_); }
  double mode() const { return -1 - boost::math::mode(gamma_); }

 private:
  static double sum_log(const std::vector<double>& masses) {
    double sum = 0;
    for (const double mass : masses) sum += std::log(mass / min_mass);
    return sum;
  }
  boost::math::gamma_distribution<> gamma_;
};

// Seed 1, 4 ensembles of 100 x 5,100, 100 burn-in from the prior. tau is 27 steps: 74,000 draws. Standard
// errors in sigma: median 0.0046, 16 and 84% 0.0056. Bounds: 5 standard errors (6e-7 a check). The mode of a
// KDE varies by 0.04 sigma from run to run here: 4 of these.
TEST(PosteriorOfThePowerLaw, EqualsTheGammaDistribution) {
  const auto masses = brute_force::power_sample();
  MassFunctionOptions options;
  options.sampler.steps = 5100;
  const auto fit = fit_mass_function(MassFunctionModel::power_law, masses, options, 1);
  const ExactPowerLaw exact(masses);
  EXPECT_EQ(fit.objects, 60);
  EXPECT_NEAR(fit.parameters[0].median, exact.quantile(0.5), 0.023 * exact.sigma());
  EXPECT_NEAR(fit.parameters[0].low, exact.quantile(0.16), 0.028 * exact.sigma());
  EXPECT_NEAR(fit.parameters[0].high, exact.quantile(0.84), 0.028 * exact.sigma());
  EXPECT_NEAR(fit.parameters[0].mode, exact.mode(), 0.16 * exact.sigma());
}

// Marginal distributions of a density on a grid, trapezoidal.
struct Marginal {
  std::vector<double> at, density;

  double moment(int power) const {
    double sum = 0, norm = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      sum += std::pow(at[i], power) * density[i];
      norm += density[i];
    }
    return sum / norm;
  }
  double sigma() const { return std::sqrt(moment(2) - moment(1) * moment(1)); }
  double quantile(double p) const {
    std::vector<double> cumulative{0};
    for (std::size_t i = 1; i < at.size(); ++i)
      cumulative.push_back(cumulative.back() + 0.5 * (density[i] + density[i - 1]));
    const double wanted = p * cumulative.back();
    const auto i = std::lower_bound(cumulative.begin(), cumulative.end(), wanted) - cumulative.begin();
    const double fraction = (wanted - cumulative[i - 1]) / (cumulative[i] - cumulative[i - 1]);
    return at[i - 1] + fraction * (at[i] - at[i - 1]);
  }
};

std::array<Marginal, 2> schechter_on_a_grid(const std::vector<double>& masses) {
  constexpr int points = 201;
  double sum = 0, sum_log = 0;
  for (const double mass : masses) sum += mass / min_mass, sum_log += std::log(mass / min_mass);
  std::array<Marginal, 2> marginals;
  for (Marginal& m : marginals) m.density.assign(points, 0.0);
  for (int i = 0; i < points; ++i) {
    marginals[0].at.push_back(-3 + 2.0 * i / (points - 1));
    marginals[1].at.push_back(std::log10(min_mass) + (9 - std::log10(min_mass)) * i / (points - 1));
  }
  const double n = static_cast<double>(masses.size());
  for (int i = 0; i < points; ++i)
    for (int j = 0; j < points; ++j) {
      const double beta = marginals[0].at[i], x = min_mass / std::pow(10, marginals[1].at[j]);
      const double log_z = std::log(brute_force::normalisation(beta, x));
      const double edge = (i % (points - 1) == 0 ? 0.5 : 1.0) * (j % (points - 1) == 0 ? 0.5 : 1.0);
      const double density = edge * std::exp(beta * sum_log - x * sum - n * log_z + 100);
      marginals[0].density[i] += density;
      marginals[1].density[j] += density;
    }
  return marginals;
}

// Seed 1, 4 ensembles of 100 x 5,300, 300 burn-in from the prior. tau is 50 steps: 40,000 draws. Standard
// errors in sigma: mean 0.005, median 0.0063, 16 and 84% 0.0075, sigma 0.0035 for a Gaussian and taken as
// twice that here (long tail towards the bound of M_c). Bounds: 5 standard errors (6e-7 a check).
TEST(PosteriorOfTheSchechterFunction, EqualsTheGrid) {
  const auto masses = brute_force::curved_sample();
  const auto exact = schechter_on_a_grid(masses);
  MassFunctionOptions options;
  options.sampler.steps = 5300;
  options.burn_in = 300;
  const auto fit = fit_mass_function(MassFunctionModel::schechter, masses, options, 1);
  ASSERT_EQ(fit.parameters.size(), 2u);
  for (int i = 0; i < 2; ++i) {
    std::vector<double> draws;
    for (const auto& chain : fit.chains) {
      const auto more = chain.flat(i, 300);
      draws.insert(draws.end(), more.begin(), more.end());
    }
    const double sigma = exact[i].sigma();
    EXPECT_NEAR(statistics::mean(draws), exact[i].moment(1), 0.025 * sigma) << i;
    EXPECT_NEAR(statistics::standard_deviation(draws), sigma, 0.035 * sigma) << i;
    EXPECT_NEAR(fit.parameters[i].median, exact[i].quantile(0.5), 0.031 * sigma) << i;
    EXPECT_NEAR(fit.parameters[i].low, exact[i].quantile(0.16), 0.037 * sigma) << i;
    EXPECT_NEAR(fit.parameters[i].high, exact[i].quantile(0.84), 0.037 * sigma) << i;
  }
}

struct Mock {
  std::vector<double> masses;
  ParameterSummary beta;
};

std::vector<Mock> fitted_mocks(int count) {
  MassFunctionOptions published;
  published.ensembles = 1;  // 100 walkers x 600 steps, 100 burn-in
  std::vector<Mock> mocks;
  for (int i = 0; i < count; ++i) {
    Random random({.seed = 2025, .purpose = "posterior_test", .realisation = i});
    auto masses = draw_masses(MassFunctionModel::power_law, -2, 0, min_mass, 60, random);
    const auto fit = fit_mass_function(MassFunctionModel::power_law, masses, published, 2025);
    mocks.push_back({std::move(masses), fit.parameters[0]});
  }
  return mocks;
}

// 200 mocks of 60 masses with beta = -2, seed 2025, the published sampler.
//  - coverage: the 68% interval holds the truth in 60 to 76% of the mocks: the 99% band of a binomial of 200
//  (68 +- 2.58 x 3.3%), so a
//    false alarm in 1 of 100 seeds;
//  - bias: the posterior's median of -(beta + 1) is (N + 2/3)/S with E[1/S] = 1/(N - 1), so E[median] = -1
//  - 60.67/59 = -2.0283. Scatter
//    0.135/sqrt(200) = 0.0095: 0.02 is 2.1 standard errors (4 of 100 seeds);
//  - sampler: each median against the exact one of the same masses. tau is 27 steps: 1,850 draws, standard
//  error of a median 0.029 sigma; 5.5
//    standard errors (4e-8 each, 8e-6 for 200), and their mean within 5 x 0.029/sqrt(200) = 0.0103 sigma.
TEST(PublishedAnalysis, CoversAndIsUnbiasedOverTwoHundredMocks) {
  int covered = 0;
  double sum = 0, sum_of_deviations = 0, half_widths = 0;
  for (const Mock& mock : fitted_mocks(200)) {
    covered += mock.beta.low <= -2 && -2 <= mock.beta.high;
    sum += mock.beta.median;
    half_widths += 0.5 * (mock.beta.high - mock.beta.low);
    const ExactPowerLaw exact(mock.masses);
    const double deviation = (mock.beta.median - exact.quantile(0.5)) / exact.sigma();
    sum_of_deviations += deviation;
    EXPECT_LT(std::abs(deviation), 0.16);
  }
  EXPECT_GE(covered, 120);
  EXPECT_LE(covered, 152);
  EXPECT_NEAR(sum / 200, -2.0283, 0.02);
  EXPECT_NEAR(sum_of_deviations / 200, 0, 0.0103);
  EXPECT_NEAR(half_widths / 200, 0.13, 0.005);  // the published +0.13/-0.12 is what 60 clusters allow
}

// One mock, seed 2025: the truth lies within the 95% interval (wrong for 1 seed in 20). 60 masses with a
// cut-off at 10^8.
TEST(PublishedAnalysis, OneMockRecoversItsSlopeAndCutOff) {
  Random random({.seed = 2025, .purpose = "posterior_test", .clump = 1});
  const auto masses = draw_masses(MassFunctionModel::schechter, -1.7, 8.0, min_mass, 60, random);
  const auto fit = fit_mass_function(MassFunctionModel::schechter, masses, {}, 0);
  const std::array truth{-1.7, 8.0};
  for (int i = 0; i < 2; ++i) {
    std::vector<double> draws;
    for (const auto& chain : fit.chains) {
      const auto more = chain.flat(i, 100);
      draws.insert(draws.end(), more.begin(), more.end());
    }
    EXPECT_GT(truth[i], statistics::quantile(draws, 0.025)) << fit.parameters[i].name;
    EXPECT_LT(truth[i], statistics::quantile(draws, 0.975)) << fit.parameters[i].name;
  }
}

// A selection below an upper mass biases the slope when the likelihood does not know it: with a = beta + 1 =
// -0.7 and r = 50, <ln t> = ln r/(1 - r^-a) - 1/a = 1.1580, which an unlimited power law takes for beta =
// -1.8635. 20,000 masses, seed 4: standard error of a slope 0.006 and 0.009; 5 of them (6e-7 a check).
TEST(UpperMassLimit, TheLikelihoodKnowsIt) {
  Random random({.seed = 4, .purpose = "posterior_test"});
  MassFunctionOptions options;
  const auto masses =
      draw_masses(MassFunctionModel::power_law, -1.7, 0, min_mass, 20000, random, 50 * min_mass);
  EXPECT_NEAR(maximum_posterior(MassFunctionModel::power_law, masses, options)[0], -1.8635, 0.03);
  options.max_mass_msun = 50 * min_mass;
  EXPECT_NEAR(maximum_posterior(MassFunctionModel::power_law, masses, options)[0], -1.7, 0.045);
  options.beta_high = 0;  // normalised beyond -1, too
  options.ensembles = 1;
  const auto flat =
      draw_masses(MassFunctionModel::power_law, -0.8, 0, min_mass, 20000, random, 50 * min_mass);
  EXPECT_NEAR(fit_mass_function(MassFunctionModel::power_law, flat, options, 4).parameters[0].median, -0.8,
              0.04);
}

}  // namespace
}  // namespace arcproof::population

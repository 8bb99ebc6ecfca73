#include "engine/population/mass_function.h"

#include "engine/core/error.h"
#include "engine/core/statistics.h"
#include "tests/unit/engine/population/brute_force.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof::population {
namespace {

constexpr double min_mass = 2e6;
constexpr auto power_law = MassFunctionModel::power_law;
constexpr auto schechter = MassFunctionModel::schechter;

// Sum over masses of the log of the normalised density, as one writes it down.
double plain_log_likelihood(const std::vector<double>& masses, double beta, double x,
                            double max_mass = no_max_mass) {
  const double z = brute_force::normalisation(beta, x, std::log(max_mass / min_mass));
  double sum = 0;
  for (const double mass : masses)
    sum += beta * std::log(mass / min_mass) - x * mass / min_mass - std::log(z * min_mass);
  return sum;
}

// Values near 1000 with 60 terms: rounding of some 1e-13 each, 1e-11 of the sum.
TEST(MassFunctionLikelihood, SchechterEqualsThePlainSum) {
  const auto masses = brute_force::power_sample();
  for (const double max_mass : {no_max_mass, 6e8})
    for (const double beta : {-2.9, -2.0, -1.7, -1.05})
      for (const double log_cutoff : {6.4, 7.0, 8.1, 8.9})
        EXPECT_NEAR(log_likelihood_schechter(beta, log_cutoff, masses, min_mass, max_mass),
                    plain_log_likelihood(masses, beta, min_mass / std::pow(10, log_cutoff), max_mass), 1e-10);
}

// The twin's power law is a Schechter function with x = 1e-14: 1e-10 off in the sum.
TEST(MassFunctionLikelihood, TruncatedPowerLawEqualsThePlainSum) {
  const auto masses = brute_force::power_sample();
  for (const double beta : {-2.9, -2.0, -1.0, 0.5})
    EXPECT_NEAR(log_likelihood_power_law(beta, masses, min_mass, 6e8),
                plain_log_likelihood(masses, beta, 1e-14, 6e8), 2e-10);
}

TEST(MassFunctionLikelihood, PowerLawInClosedForm) {
  const std::vector<double> masses{3e6, 5e6, 4e7};
  double expected = 0;
  for (const double mass : masses) expected += std::log(0.9 / min_mass * std::pow(mass / min_mass, -1.9));
  EXPECT_NEAR(log_likelihood_power_law(-1.9, masses, min_mass), expected, 1e-12);
  EXPECT_EQ(log_likelihood_power_law(-1, masses, min_mass), -std::numeric_limits<double>::infinity());
  EXPECT_NEAR(log_likelihood_power_law(-1, masses, min_mass, 2e8),
              -std::log(3e6) - std::log(5e6) - std::log(4e7) - 3 * std::log(std::log(100.0)), 1e-12);
  EXPECT_THROW(log_likelihood_power_law(-2, masses, 4e6), ContractError);
}

TEST(MassFunctionLikelihood, MaximumLikelihoodSlope) {
  const std::vector<double> masses{min_mass * std::exp(0.5), min_mass * std::exp(1.5)};
  EXPECT_NEAR(maximum_likelihood_beta(masses, min_mass), -2, 1e-14);
  EXPECT_NEAR(maximum_likelihood_beta_error(masses, min_mass), 1 / std::sqrt(2.0), 1e-14);
}

// Interior maximum: the model's expectations of ln t and t are the sample's (the family is exponential). E[t]
// and E[ln t] by quadrature.
TEST(MaximumPosterior, MeetsTheSampleMoments) {
  const auto masses = brute_force::curved_sample();
  const auto best = maximum_posterior(schechter, masses, {});
  const double x = min_mass / std::pow(10, best[1]);
  const double infinite = std::numeric_limits<double>::infinity(), z = brute_force::normalisation(best[0], x);
  double mean = 0, mean_log = 0;
  for (const double mass : masses) mean += mass / min_mass / 60, mean_log += std::log(mass / min_mass) / 60;
  EXPECT_NEAR(brute_force::moment(best[0], x, infinite, [](double u) { return std::exp(u); }) / z, mean,
              1e-9);
  EXPECT_NEAR(brute_force::moment(best[0], x, infinite, [](double u) { return u; }) / z, mean_log, 1e-9);
}

// Without a visible cut-off the greatest likelihood lies at the upper bound of M_c; with every mass at the
// lower edge the slope is at its bound.
TEST(MaximumPosterior, StopsAtItsBounds) {
  const auto best = maximum_posterior(schechter, brute_force::power_sample(), {});
  EXPECT_NEAR(best[1], 9, 1e-12);
  EXPECT_EQ(maximum_posterior(power_law, std::vector<double>(5, 1.0001 * min_mass), {})[0], -3);
  const MassFunctionOptions narrow{.beta_low = -2.5, .beta_high = -2.2};
  EXPECT_EQ(maximum_posterior(power_law, brute_force::power_sample(), narrow)[0], -2.2);
  EXPECT_EQ(maximum_posterior(schechter, brute_force::power_sample(), narrow)[0], -2.2);
}

TEST(SelectMasses, ByAgeAndMass) {
  const double nan = std::nan("");
  const std::vector<ClusterMass> clusters = {{7.0, 0.1, 7.5, 0.1}, {6.2, 0.1, 7.5, 0.1},
                                             {7.0, 0.1, 8.1, 0.1}, {8.5, 0.1, 6.0, 0.1},
                                             {nan, 0.1, 7.5, 0.1}, {7.0, 0.1, nan, 0.1}};
  const auto all = select_masses(clusters, {});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_DOUBLE_EQ(all[0], 1e7);
  EXPECT_DOUBLE_EQ(all[1], std::pow(10, 8.5));
  EXPECT_EQ(select_masses(clusters, {.max_mass_msun = 1.6e8}).size(), 1u);
  EXPECT_EQ(select_masses(clusters, {.max_age_myr = 10}).size(), 1u);
}

// Kolmogorov-Smirnov: P(sqrt(n) D > 2.69) = 1e-6.
double kolmogorov(std::vector<double> draws, const std::function<double(double)>& cdf) {
  std::sort(draws.begin(), draws.end());
  const double n = static_cast<double>(draws.size());
  double distance = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double p = cdf(draws[i]);
    distance = std::max({distance, p - i / n, (i + 1) / n - p});
  }
  return std::sqrt(n) * distance;
}

// Power laws 400,000 draws, Schechter 100,000; false-alarm rate 1e-6 a check.
TEST(DrawMasses, FollowTheirDistribution) {
  Random random({.seed = 8, .purpose = "mass_function_test"});
  const auto power = draw_masses(power_law, -2.2, 0, min_mass, 400000, random);
  EXPECT_LT(kolmogorov(power, [](double m) { return 1 - std::pow(m / min_mass, -1.2); }), 2.69);
  const auto truncated = draw_masses(power_law, -1.0, 0, min_mass, 400000, random, 100 * min_mass);
  EXPECT_LT(kolmogorov(truncated, [](double m) { return std::log(m / min_mass) / std::log(100); }), 2.69);
  const auto cut = draw_masses(schechter, -1.7, 6.6, min_mass, 100000, random);
  const double x = min_mass / std::pow(10, 6.6), whole = brute_force::normalisation(-1.7, x);
  EXPECT_LT(
      kolmogorov(
          cut, [&](double m) { return brute_force::normalisation(-1.7, x, std::log(m / min_mass)) / whole; }),
      2.69);
  EXPECT_THROW(draw_masses(power_law, -1, 0, min_mass, 1, random), ContractError);
}

std::vector<ClusterMass> catalogue(const std::vector<double>& masses, double log_mass_error) {
  std::vector<ClusterMass> clusters;
  clusters.reserve(masses.size());
  for (const double mass : masses) clusters.push_back({std::log10(mass), log_mass_error, 7.0, 0.0});
  return clusters;
}

TEST(Bootstrap, WithoutErrorsIsTheMaximumEveryTime) {
  auto masses = brute_force::curved_sample();
  const auto best = maximum_posterior(schechter, masses, {});
  const auto values = bootstrap_mass_function(schechter, catalogue(masses, 0), {.bootstraps = 3}, 1);
  ASSERT_EQ(values.size(), 6u);
  for (int b = 0; b < 3; ++b) {
    EXPECT_NEAR(values[2 * b], best[0], 1e-9);
    EXPECT_NEAR(values[2 * b + 1], best[1], 1e-9);
  }
}

// Normal errors in log M without a selection spread sum ln M by sigma sqrt(N) ln 10, hence 1/(beta + 1):
// compare with the slope's linear response. 500 bootstraps: a standard deviation to 3.2%; 5 of them, and 3%
// for the curvature of 1/sum.
TEST(Bootstrap, SpreadsAsTheErrorsSay) {
  const std::vector<double> masses(60, min_mass * std::exp(3.0));  // far above the edge: nothing falls out
  MassFunctionOptions options;
  options.beta_low = -5;
  const auto values = bootstrap_mass_function(power_law, catalogue(masses, 0.1), options, 7);
  const double response = 0.1 * std::log(10.0) / std::sqrt(60.0) / 9;  // d(1/m) = dm / m^2, m = 3
  EXPECT_NEAR(statistics::standard_deviation(values) / response, 1, 0.19);
  EXPECT_NEAR(statistics::mean(values), -1 - 1.0 / 3, 5 * response / std::sqrt(500.0) + 1e-4);
}

// 60 clusters of 50 Myr with an age error of log10 2: each is younger than 100 Myr with probability f =
// Phi(1) = 0.84, and the values vary only through who was kept.
TEST(Bootstrap, RedrawsAges) {
  std::vector<ClusterMass> clusters;
  clusters.reserve(60);
  for (int i = 0; i < 60; ++i) clusters.push_back({6.8 + i / 60.0, 0, 6 + std::log10(50), std::log10(2)});
  const auto values = bootstrap_mass_function(power_law, clusters, {.bootstraps = 200}, 7);
  const double all = maximum_posterior(power_law, select_masses(clusters, {}), {})[0];
  // Keeping k of 60 at random: variance of <ln t> is var(ln t) (1 - f)/(f 60); var(ln t) = (ln 10)^2/12, <ln
  // t> = 2.29. 200 bootstraps: 5% of a standard deviation; 5 of them.
  const double f = statistics::normal_cdf(1);
  const double sigma = std::log(10) / std::sqrt(12.0) * std::sqrt((1 - f) / (f * 60)) / (2.29 * 2.29);
  EXPECT_NEAR(statistics::standard_deviation(values) / sigma, 1, 0.25);
  EXPECT_NEAR(statistics::mean(values), all, 5 * sigma / std::sqrt(200.0) + 1e-3);
  EXPECT_TRUE(std::isnan(bootstrap_mass_function(power_law, clusters, {.max_age_myr = 0.1}, 7)[0]));
}

TEST(Bootstrap, NamedStreamsAndTooFewObjects) {
  const auto clusters = catalogue(brute_force::power_sample(), 0.3);
  const auto more = bootstrap_mass_function(power_law, clusters, {.bootstraps = 20}, 7);
  const auto fewer = bootstrap_mass_function(power_law, clusters, {.bootstraps = 10}, 7);
  EXPECT_TRUE(std::equal(fewer.begin(), fewer.end(), more.begin()));
  EXPECT_NE(more, bootstrap_mass_function(power_law, clusters, {.bootstraps = 20}, 8));
  const auto none = bootstrap_mass_function(schechter, std::span(clusters).first(2), {.bootstraps = 2}, 7);
  ASSERT_EQ(none.size(), 4u);
  for (const double value : none) EXPECT_TRUE(std::isnan(value));
}

TEST(FitMassFunction, TooFewObjectsGiveAFitWithoutChains) {
  const auto fit = fit_mass_function(power_law, std::vector<double>{3e6, 4e6}, {}, 0);
  EXPECT_EQ(fit.objects, 2);
  EXPECT_TRUE(fit.chains.empty());
  EXPECT_TRUE(fit.parameters.empty());
}

TEST(FitMassFunction, EnsemblesAreNamedAndIndependent) {
  const auto masses = brute_force::power_sample();
  const auto one = fit_mass_function(power_law, masses, {.ensembles = 1}, 5);
  const auto two = fit_mass_function(power_law, masses, {.ensembles = 2}, 5);
  EXPECT_EQ(one.chains[0].values, two.chains[0].values);
  EXPECT_NE(two.chains[0].values, two.chains[1].values);
  EXPECT_NE(one.chains[0].values, fit_mass_function(power_law, masses, {.ensembles = 1}, 6).chains[0].values);
  EXPECT_EQ(one.parameters[0].name, "beta");
}

}  // namespace
}  // namespace arcproof::population

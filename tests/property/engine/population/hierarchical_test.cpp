// What the hierarchical mass function promises of the truth: no bias from the selection and the errors,
// intervals that cover, ranks that are uniform over the prior.
#include "engine/population/hierarchical.h"

#include "engine/core/parallel.h"
#include "engine/core/statistics.h"
#include "tests/property/engine/population/catalogue_mock.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <gtest/gtest.h>

namespace arcproof::population {
namespace {

using mock::Survey;

constexpr int threads = 2;

// Injections ~ M^-0.8 per unit log mass: uniform ones would leave a Monte-Carlo error of half the posterior's
// width at beta = -2.5, where the clusters that scatter up from below 10^6 Msun count (see the last test).
constexpr double steepness = 0.8;

struct Outcome {
  double mean = 0, sigma = 0, low = 0, high = 0;
};

struct Experiment {
  double beta = -2;
  int objects = 150, mocks = 1200;
  Survey survey = {};
  bool with_weights = true;
  std::uint64_t seed = 1;
};

// Twenty mocks share 100,000 injections.
std::vector<Outcome> run(const Experiment& experiment) {
  const MassModel model(MassModelKind::power_law, mock::population());
  std::vector<Outcome> outcomes(experiment.mocks);
  constexpr int shared = 20;
  parallel_for(experiment.mocks / shared, threads, [&](std::size_t block) {
    Random random(
        {.seed = experiment.seed, .purpose = "mass_function_mocks", .realisation = std::int64_t(block)});
    const auto selection = mock::selection(100000, steepness, experiment.survey, random);
    for (int i = 0; i < shared; ++i) {
      const auto catalogue = mock::catalogue(MassFunctionModel::power_law, experiment.beta, 0,
                                             experiment.objects, experiment.survey, random);
      const HierarchicalLikelihood likelihood(
          model, mock::posteriors(catalogue, experiment.survey, experiment.with_weights), selection);
      const inference::QuadraturePosterior p = integrate_hierarchical(likelihood, {.scan = 17, .nodes = 41});
      outcomes[block * shared + i] = {p.mean(0), std::sqrt(p.covariance(0, 0)), p.quantile(0, 0.16),
                                      p.quantile(0, 0.84)};
    }
  });
  return outcomes;
}

struct Summary {
  double bias = 0, sigma = 0, coverage = 0;
};

Summary summarise(const std::vector<Outcome>& outcomes, double beta) {
  Summary s;
  for (const Outcome& o : outcomes) {
    s.bias += (o.mean - beta) / static_cast<double>(outcomes.size());
    s.sigma += o.sigma / static_cast<double>(outcomes.size());
    s.coverage += (o.low < beta && beta < o.high) / static_cast<double>(outcomes.size());
  }
  return s;
}

void record(const Summary& s) {
  testing::Test::RecordProperty("bias", std::to_string(s.bias));
  testing::Test::RecordProperty("sigma", std::to_string(s.sigma));
  testing::Test::RecordProperty("coverage", std::to_string(s.coverage));
}

class MassFunctionMocks : public testing::TestWithParam<double> {};

// The analysis as published, on clusters down to a tenth of its mass limit: incompleteness flattens the slope
// by more than 3 of its standard deviations in each of 20 mocks of 150.
TEST_P(MassFunctionMocks, WithoutTheCorrectionTheSlopeIsWrong) {
  Random random({.seed = 2, .purpose = "mass_function_mocks"});
  double least = 1e9;
  for (int i = 0; i < 20; ++i) {
    std::vector<double> masses;
    for (const auto& m : mock::catalogue(MassFunctionModel::power_law, GetParam(), 0, 150, {}, random))
      masses.push_back(std::pow(10.0, m.log_mass_msun));
    const double limit = std::pow(10.0, Survey{}.limit);
    const double bias = maximum_likelihood_beta(masses, limit) - GetParam();
    least = std::min(least, bias / maximum_likelihood_beta_error(masses, limit));
  }
  RecordProperty("least_bias_in_sigma", std::to_string(least));
  EXPECT_GT(least, 3);
}

// With it: |bias| < 0.05 and 68% intervals that cover 68 +- 4% over 1,200 mocks. The binomial error of the
// coverage is 1.35%, so that 4% is 3 sigma: a right code fails in 0.3% of seeds. 0.05 is 10 to 20 standard
// errors of the bias.
TEST_P(MassFunctionMocks, WithItTheTruthIsFound) {
  const Summary s = summarise(run({.beta = GetParam()}), GetParam());
  record(s);
  EXPECT_LT(std::abs(s.bias), 0.05);
  EXPECT_NEAR(s.coverage, 0.68, 0.04);
}

INSTANTIATE_TEST_SUITE_P(Slopes, MassFunctionMocks, testing::Values(-1.5, -2.0, -2.5));

// Detection that depends on the true mass, with noise of its own: right with the detection probability as a
// weight of the mass draws, wrong without.
TEST(MassFunctionMocksTest, DetectionByTheTrueMassNeedsItsWeight) {
  Experiment experiment{.mocks = 600, .survey = {.found_by_measured_mass = false}, .seed = 3};
  const Summary right = summarise(run(experiment), experiment.beta);
  record(right);
  EXPECT_LT(std::abs(right.bias), 0.05);
  EXPECT_NEAR(right.coverage, 0.68, 0.06);  // 3 sigma
  experiment.with_weights = false;
  experiment.mocks = 60;
  const Summary wrong = summarise(run(experiment), experiment.beta);
  RecordProperty("bias_without_weights", std::to_string(wrong.bias));
  EXPECT_GT(std::abs(wrong.bias), 0.05);
}

// Kolmogorov's statistic of numbers that should be uniform: the largest distance of their distribution from
// the diagonal, in units of 1/sqrt(n). The simultaneous 95% band is 1.358 wide for large n.
double kolmogorov(std::vector<double> u) {
  std::sort(u.begin(), u.end());
  const double n = static_cast<double>(u.size());
  double distance = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const double k = static_cast<double>(i);
    distance = std::max({distance, u[i] - k / n, (k + 1) / n - u[i]});
  }
  return (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;  // Stephens 1970
}

// Talts+2018: truth from the prior, data from the truth; the posterior's cumulative probability at the truth
// is uniform. One value a parameter and mock. Ten mocks share 40,000 injections.
std::vector<std::vector<double>> ranks(MassModelKind kind, int mocks, int objects,
                                       const inference::QuadratureOptions& options, std::uint64_t seed) {
  const MassModel model(kind, mock::population());
  const auto drawn =
      kind == MassModelKind::power_law ? MassFunctionModel::power_law : MassFunctionModel::schechter;
  std::vector<std::vector<double>> u(model.dimensions(), std::vector<double>(mocks));
  constexpr int shared = 10;
  parallel_for(mocks / shared, threads, [&](std::size_t block) {
    Random random({.seed = seed, .purpose = "mass_function_sbc", .realisation = std::int64_t(block)});
    const Survey survey;
    const auto selection = mock::selection(40000, steepness, survey, random);
    for (int i = 0; i < shared; ++i) {
      std::vector<double> truth;
      for (const Bounds& b : model.bounds()) truth.push_back(random.uniform(b.low, b.high));
      const double log_cutoff = truth.size() > 1 ? truth[1] : 0;
      const auto catalogue = mock::catalogue(drawn, truth[0], log_cutoff, objects, survey, random);
      const HierarchicalLikelihood likelihood(model, mock::posteriors(catalogue, survey), selection);
      const inference::QuadraturePosterior p = integrate_hierarchical(likelihood, options);
      for (std::size_t a = 0; a < truth.size(); ++a)
        u[a][block * shared + i] = p.cumulative(static_cast<int>(a), truth[a]);
    }
  });
  return u;
}

// 2,000 mocks of 60 clusters over -3 < beta < -1. A right code leaves the band in 5% of seeds.
TEST(SimulationBasedCalibration, OfThePowerLaw) {
  const auto u = ranks(MassModelKind::power_law, 2000, 60, {.scan = 17, .nodes = 41}, 4);
  RecordProperty("kolmogorov", std::to_string(kolmogorov(u[0])));
  EXPECT_LT(kolmogorov(u[0]), 1.358);
}

// 400 mocks; 5% for each of the two parameters.
TEST(SimulationBasedCalibration, OfTheSchechterFunction) {
  const auto u = ranks(MassModelKind::schechter, 400, 60, {.scan = 17, .nodes = 33}, 5);
  RecordProperty("kolmogorov_beta", std::to_string(kolmogorov(u[0])));
  RecordProperty("kolmogorov_cutoff", std::to_string(kolmogorov(u[1])));
  EXPECT_LT(kolmogorov(u[0]), 1.358);
  EXPECT_LT(kolmogorov(u[1]), 1.358);
}

// Truths from each of two models with equal odds: of the mocks to which a posterior probability q of the
// Schechter function is given, a fraction q are Schechter. The sum of (truth - q) over 300 mocks is zero
// within its error.
TEST(ModelComparison, EvidencesAreCalibrated) {
  constexpr int mocks = 300;
  std::vector<double> excess(mocks), variance(mocks);
  parallel_for(mocks / 10, threads, [&](std::size_t block) {
    Random random({.seed = 6, .purpose = "mass_function_evidence", .realisation = std::int64_t(block)});
    const Survey survey;
    const auto selection = mock::selection(40000, steepness, survey, random);
    const MassModel power(MassModelKind::power_law, mock::population());
    const MassModel schechter(MassModelKind::schechter, mock::population());
    for (int i = 0; i < 10; ++i) {
      const bool cut = random.uniform() < 0.5;
      const double beta = random.uniform(-3, -1);
      const double log_cutoff = random.uniform(schechter.bounds()[1].low, schechter.bounds()[1].high);
      const auto clusters =
          mock::posteriors(mock::catalogue(cut ? MassFunctionModel::schechter : MassFunctionModel::power_law,
                                           beta, log_cutoff, 60, survey, random),
                           survey);
      const double z0 =
          integrate_hierarchical({power, clusters, selection}, {.scan = 17, .nodes = 41}).log_evidence();
      const double z1 =
          integrate_hierarchical({schechter, clusters, selection}, {.scan = 17, .nodes = 33}).log_evidence();
      const double q = 1 / (1 + std::exp(z0 - z1));
      excess[block * 10 + i] = cut - q;
      variance[block * 10 + i] = q * (1 - q);
    }
  });
  double sum = 0, expected = 0;
  for (int i = 0; i < mocks; ++i) {
    sum += excess[i];
    expected += variance[i];
  }
  RecordProperty("z", std::to_string(sum / std::sqrt(expected)));
  EXPECT_LT(std::abs(sum), 4 * std::sqrt(expected));  // 6e-5
}

// Few injections widen no posterior: its intervals alone then cover too little. With the predicted
// Monte-Carlo error added in quadrature they cover again. 600 mocks of 150 clusters, each with 40,000
// injections of its own, uniform in log mass (N_eff is some 5 N_obs). 0.06 is 3 sigma of the binomial (0.3%);
// without, 0.683 is missed by 4.
TEST(MonteCarloError, AddsToThePosteriorWidth) {
  constexpr int mocks = 600;
  const MassModel model(MassModelKind::power_law, mock::population());
  std::vector<double> pull(mocks), pull_alone(mocks);
  parallel_for(mocks, threads, [&](std::size_t i) {
    Random random({.seed = 7, .purpose = "mass_function_noise", .realisation = std::int64_t(i)});
    const Survey survey;
    const auto selection = mock::selection(40000, 0, survey, random);
    const auto catalogue = mock::catalogue(MassFunctionModel::power_law, -2.5, 0, 150, survey, random);
    const HierarchicalLikelihood likelihood(model, mock::posteriors(catalogue, survey), selection);
    const inference::QuadraturePosterior p = integrate_hierarchical(likelihood, {.scan = 17, .nodes = 41});
    const double sigma = std::sqrt(p.covariance(0, 0)), noise = likelihood.monte_carlo_error(p)[0];
    pull_alone[i] = std::abs(p.mean(0) + 2.5) / sigma;
    pull[i] = std::abs(p.mean(0) + 2.5) / std::hypot(sigma, noise);
  });
  const auto coverage = [](const std::vector<double>& pulls) {
    return std::count_if(pulls.begin(), pulls.end(), [](double x) { return x < 1; }) / double(mocks);
  };
  RecordProperty("coverage_alone", std::to_string(coverage(pull_alone)));
  RecordProperty("coverage", std::to_string(coverage(pull)));
  EXPECT_NEAR(coverage(pull), 0.683, 0.06);
  EXPECT_LT(coverage(pull_alone), 0.623);
}

}  // namespace
}  // namespace arcproof::population

// The likelihood of measured masses: its slow twin, an analytic posterior, a scatter that no stated error
// knows. Mocks in number: tests/unit/validation/studies/mass_function_recovery_test.cpp.
#include "engine/population/measured_masses.h"

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "engine/population/corrected.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <boost/math/special_functions/gamma.hpp>
#include <gtest/gtest.h>

namespace arcproof::population {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

MassModel power_law(double lowest = 1e5) {
  return {MassModelKind::power_law, {.min_mass_msun = lowest, .beta = {-3.5, -1}}};
}

// Found by a logistic function of the measured mass, which scatters by sigma and is too large by offset.
struct Pipeline {
  double half = 6.3, width = 0.2, sigma = 0.3, offset = 0.1;
  double measure(double log_mass, Random& random) const {
    const double x = log_mass + offset + sigma * random.normal();
    return random.uniform() < 1 / (1 + std::exp((half - x) / width)) ? x : nan;
  }
};

std::vector<MeasuredInjection> inject(const Pipeline& pipeline, int count, double low, double high,
                                      Random& random) {
  std::vector<MeasuredInjection> all;
  for (int i = 0; i < count; ++i) {
    const double l = random.uniform(low, high);
    all.push_back({l, -std::log(high - low), 1, pipeline.measure(l, random)});
  }
  return all;
}

std::vector<double> catalogue(const Pipeline& pipeline, double beta, int count, const Bounds& limits,
                              Random& random) {
  std::vector<double> masses;
  while (static_cast<int>(masses.size()) < count)
    for (const double m : draw_masses(MassFunctionModel::power_law, beta, 0, 1e5, 64, random)) {
      const double x = pipeline.measure(std::log10(m), random);
      if (x > limits.low && x < limits.high && static_cast<int>(masses.size()) < count) masses.push_back(x);
    }
  return masses;
}

const MeasuredMassOptions from_six{.log_mass = {6, 8}};

TEST(MeasuredMasses, AgreeWithTheSlowTwin) {
  Random random({.seed = 11, .purpose = "measured_masses"});
  const auto injections = inject({}, 4000, 5, 8.5, random);
  const auto masses = catalogue({}, -2, 50, from_six.log_mass, random);
  const MeasuredMassLikelihood likelihood(power_law(), masses, injections, from_six);
  for (const double beta : {-3.2, -2.5, -2.0, -1.2}) {
    const std::array theta{beta};
    EXPECT_NEAR(likelihood(theta), likelihood.direct(theta), 1e-3) << beta;
  }
  EXPECT_EQ(likelihood(std::array{-3.6}), inference::outside);
}

// Masses measured without error, nothing lost: -(beta + 1) has the posterior Gamma(N + 1, sum ln(M / M_min)),
// cut by the prior. The injections are a regular grid: what remains is its coarseness at the cut.
TEST(MeasuredMasses, GiveTheGammaPosteriorOfACompleteCatalogue) {
  std::vector<MeasuredInjection> injections;
  for (int i = 0; i < 20000; ++i) {
    const double l = 5 + 7 * (i + 0.5) / 20000;
    injections.push_back({l, -std::log(7.0), 1, l});
  }
  Random random({.seed = 12, .purpose = "measured_masses"});
  std::vector<double> masses;
  double sum = 0;
  for (const double m : draw_masses(MassFunctionModel::power_law, -1.9, 0, 1e6, 80, random)) {
    masses.push_back(std::log10(m));
    sum += std::log(m / 1e6);
  }
  const MeasuredMassLikelihood likelihood(power_law(1e6 * (1 - 1e-12)), masses, injections,
                                          {.log_mass = {6 - 1e-9, 100}});
  const inference::QuadraturePosterior posterior = integrate_measured_masses(likelihood);
  const double total = boost::math::gamma_p(81, 2.5 * sum);
  for (const double q : {0.16, 0.5, 0.84})
    EXPECT_NEAR(posterior.quantile(0, q), -1 - boost::math::gamma_p_inv(81, (1 - q) * total) / sum, 2e-3)
        << q;
}

// Seed 13: 50 catalogues of 100 clusters, 24000 injections each. The mean of 50 medians is within 3.3
// standard errors of the truth (false-alarm rate 1e-3), 68% intervals cover in 0.68 +- 0.22 (3.3 sigma). A
// scatter of 0.3 dex and an offset of 0.1 dex that no stated error says move the slope by less than that.
TEST(MeasuredMasses, RecoverTheSlopeBehindAScatterThatNobodyStated) {
  constexpr double truth = -2.2;
  constexpr int mocks = 50;
  MassFunctionOptions cuts;
  cuts.min_mass_msun = 1e6;
  cuts.max_mass_msun = 1e8;
  cuts.beta_low = -3.5;
  std::vector<double> medians;
  int covered = 0;
  for (int m = 0; m < mocks; ++m) {
    Random random({.seed = 13, .purpose = "measured_masses", .realisation = m});
    const auto injections = inject({}, 24000, 5, 8.5, random);
    std::vector<ClusterMass> clusters;
    for (const double x : catalogue({}, truth, 100, from_six.log_mass, random))
      clusters.push_back({x, nan, 0, 0});
    const CorrectedFit fit =
        correct_mass_function(MassFunctionModel::power_law, clusters, injections, 1e5, cuts);
    ASSERT_EQ(fit.status, CorrectedStatus::ok) << fit.message;
    const CorrectedParameter& p = fit.parameters[0];
    medians.push_back(p.median);
    covered += p.low < truth && truth < p.high;
    EXPECT_LT(p.monte_carlo_error, 0.5 * (p.high - p.low));
  }
  const double error = statistics::standard_deviation(medians) / std::sqrt(mocks);
  EXPECT_LT(std::abs(statistics::mean(medians) - truth), 3.3 * error);
  EXPECT_NEAR(covered / static_cast<double>(mocks), 0.68, 0.22);
}

// The Monte-Carlo error is how far the posterior mean moves between sets of injections: 60 sets, one
// catalogue. The standard deviation of 60 normal numbers lies within 30% (3.3 sigma) of its expectation.
TEST(MeasuredMasses, KnowTheirMonteCarloError) {
  Random of_clusters({.seed = 14, .purpose = "measured_masses"});
  const auto masses = catalogue({}, -2.2, 80, from_six.log_mass, of_clusters);
  std::vector<double> means, errors;
  for (int set = 0; set < 60; ++set) {
    Random random({.seed = 14, .purpose = "measured_masses injections", .realisation = set});
    MeasuredMassOptions options = from_six;
    options.kernel_dex = 0.3;
    const MeasuredMassLikelihood likelihood(power_law(), masses, inject({}, 3000, 5, 8.5, random), options);
    const inference::QuadraturePosterior posterior = integrate_measured_masses(likelihood);
    means.push_back(posterior.mean(0));
    std::vector<PosteriorPoint> points;
    for (std::size_t e = 0; e < posterior.probabilities().size(); ++e)
      if (posterior.probabilities()[e] > 1e-9)
        points.push_back({posterior.point(e), posterior.probabilities()[e]});
    errors.push_back(likelihood.monte_carlo_error(points)[0]);
  }
  EXPECT_NEAR(statistics::standard_deviation(means) / statistics::mean(errors), 1, 0.3);
}

TEST(MeasuredMasses, KnowWhereInjectionsAreMissing) {
  Random random({.seed = 15, .purpose = "measured_masses"});
  const auto injections = inject({}, 3000, 5, 8.5, random);
  const MeasuredMassLikelihood likelihood(power_law(), std::vector{6.5, 7.0, 7.5}, injections, from_six);
  // A steep mass function asks for light injections, a flat one for heavier ones.
  const Bounds steep = likelihood.costly_masses(std::array{-3.0}, 0.8),
               flat = likelihood.costly_masses(std::array{-1.2}, 0.8);
  EXPECT_LT(steep.high, flat.high);
  EXPECT_LT(steep.low, steep.high);
  EXPECT_GE(steep.low, 5);
  EXPECT_EQ(likelihood.clusters_without_injections(), 0);
  const MeasuredMassLikelihood beyond(power_law(), std::vector{6.5, 7.0, 9.9}, injections,
                                      {.log_mass = {6, 10}});
  EXPECT_EQ(beyond.clusters_without_injections(), 1);
  EXPECT_EQ(beyond(std::array{-2.0}), inference::outside);
  MassFunctionOptions cuts;
  cuts.min_mass_msun = 1e6;
  const std::vector<ClusterMass> clusters = {{6.5}, {7}, {9.9}};
  const CorrectedFit fit =
      correct_mass_function(MassFunctionModel::power_law, clusters, injections, 1e5, cuts);
  EXPECT_EQ(fit.status, CorrectedStatus::injections_do_not_cover);
  EXPECT_NE(fit.message.find("1 of 3 clusters"), std::string::npos) << fit.message;
}

// The kernel's own bias, without noise: 40,000 injections and 150 clusters that are spread evenly instead of
// drawn, a completeness c(x) that falls a hundredfold over the catalogue's masses. n(x | theta) = c(x) int
// p(m | theta) N(x; m, sigma) dm is known. The mean slope errs by less than 0.1 of its error, at the width
// that so many injections have by themselves; at 0.2 dex by more than three times what it does at 0.1: the
// bias goes as the square.
TEST(MeasuredMasses, DoNotSmoothTheCompleteness) {
  constexpr double truth = -2.5, sigma = 0.3, half = 7, width = 0.2, low = 4.5, high = 9;
  const Bounds limits{6, 8.5};
  const auto completeness = [&](double x) { return 1 / (1 + std::exp((half - x) / width)); };
  std::vector<MeasuredInjection> injections;
  constexpr int count = 40000;
  for (int i = 0; i < count; ++i) {
    const double u = (i + 0.5) / count, v = std::fmod(0.5 + i * 0.6180339887498949, 1.0);
    const double l = low + (high - low) * u, x = l + sigma * statistics::normal_quantile(v);
    injections.push_back({l, -std::log(high - low), completeness(x), x});
  }
  // Measured masses of the population, on a fine grid: their density, and its logarithm at another slope.
  const auto density = [&](double x, double beta) {
    double sum = 0;
    for (double m = low + 0.005; m < high; m += 0.01)
      sum += std::exp((beta + 1) * std::log(10.0) * (m - low) - 0.5 * (x - m) * (x - m) / (sigma * sigma));
    return sum * completeness(x);
  };
  std::vector<double> grid, cumulative;
  double total = 0;
  for (double x = limits.low + 0.0025; x < limits.high; x += 0.005) {
    grid.push_back(x);
    cumulative.push_back(total += density(x, truth));
  }
  std::vector<double> masses;
  for (int i = 0; i < 150; ++i) {
    const double wanted = total * (i + 0.5) / 150;
    masses.push_back(grid[static_cast<std::size_t>(
        std::lower_bound(cumulative.begin(), cumulative.end(), wanted) - cumulative.begin())]);
  }
  const auto exact = [&](std::span<const double> theta) {
    double norm = 0, log_l = 0;
    for (const double x : grid) norm += density(x, theta[0]);
    for (const double x : masses) log_l += std::log(density(x, theta[0]) / norm);
    return log_l;
  };
  const Bounds prior{-4.5, -1};
  const inference::QuadraturePosterior truth_posterior(exact, std::span(&prior, 1),
                                                       {.scan = 17, .nodes = 41});
  const double error = std::sqrt(truth_posterior.covariance(0, 0));
  const MassModel model(MassModelKind::power_law, {.min_mass_msun = std::pow(10, low), .beta = prior});
  const auto shift = [&](double kernel_dex) {
    const MeasuredMassLikelihood likelihood(model, masses, injections,
                                            {.log_mass = limits, .kernel_dex = kernel_dex});
    if (kernel_dex == 0) {
      EXPECT_NEAR(likelihood.kernel_dex(), 0.063, 0.001);
    }
    return (integrate_measured_masses(likelihood).mean(0) - truth_posterior.mean(0)) / error;
  };
  EXPECT_LT(std::abs(shift(0)), 0.1);
  EXPECT_GT(shift(0.2), 3 * shift(0.1));
}

// A mixture of draws, with its density, is as good as one draw: xi agrees within the errors of both.
TEST(MeasuredMasses, TakeInjectionsOfSeveralDraws) {
  Random random({.seed = 16, .purpose = "measured_masses"});
  const std::vector<double> masses = {6.2, 6.5, 7.0};
  const auto plain = inject({}, 20000, 5, 8.5, random);
  std::vector<MeasuredInjection> mixed = inject({}, 5000, 5, 8.5, random);
  for (const MeasuredInjection& i : inject({}, 15000, 5, 6, random)) mixed.push_back(i);
  for (MeasuredInjection& i : mixed) {
    const bool dense = i.log_mass_msun <= 6;
    i.log_draw_density = std::log(0.25 / 3.5 + (dense ? 0.75 : 0.0));
  }
  const MeasuredMassLikelihood a(power_law(), masses, plain, from_six),
      b(power_law(), masses, mixed, from_six);
  for (const double beta : {-2.8, -2.0, -1.4}) {
    const SelectionIntegral p = a.selection(std::array{beta}), m = b.selection(std::array{beta});
    EXPECT_LT(std::abs(p.xi - m.xi), 3.3 * std::sqrt(p.variance + m.variance)) << beta;
  }
  EXPECT_GT(b.selection(std::array{-2.8}).effective_injections,
            1.5 * a.selection(std::array{-2.8}).effective_injections);
}

TEST(MeasuredMasses, RefuseBrokenContracts) {
  const std::vector<MeasuredInjection> injections = {{5, 0, 1, 6.5}, {8, 0, 1, 7.5}};
  EXPECT_THROW(MeasuredMassLikelihood(power_law(), {}, injections, from_six), ContractError);
  EXPECT_THROW(MeasuredMassLikelihood(power_law(), std::vector{7.0}, {}, from_six), ContractError);
  EXPECT_THROW(MeasuredMassLikelihood(power_law(), std::vector{5.0}, injections, from_six), ContractError);
}

}  // namespace
}  // namespace arcproof::population

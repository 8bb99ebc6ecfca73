// The hierarchical likelihood against its slow twins and against analytic results.
#include "engine/population/hierarchical.h"

#include "engine/core/error.h"
#include "engine/core/statistics.h"
#include "tests/unit/engine/population/brute_force.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <gtest/gtest.h>

namespace arcproof::population {
namespace {

constexpr std::array every_model = {MassModelKind::power_law, MassModelKind::schechter,
                                    MassModelKind::truncated_power_law, MassModelKind::log_normal};

Random stream(std::uint64_t seed) { return Random({.seed = seed, .purpose = "hierarchical_test"}); }

std::vector<double> prior_draw(const MassModel& model, Random& random) {
  std::vector<double> theta;
  for (const Bounds& b : model.bounds()) theta.push_back(random.uniform(b.low, b.high));
  return theta;
}

// Panels of a tenth of a dex, 20 nodes each.
double integral(const LogMassDensity& p, double from, double to) {
  double sum = 0;
  const int panels = static_cast<int>(std::ceil((to - from) * 10));
  for (int i = 0; i < panels; ++i)
    sum += boost::math::quadrature::gauss<double, 20>::integrate(p, from + (to - from) * i / panels,
                                                                 from + (to - from) * (i + 1) / panels);
  return sum;
}

// 1e-9: a Schechter function's normalisation above a maximum is a difference (mass_likelihood.h).
TEST(MassModelTest, EveryModelIsNormalised) {
  Random random = stream(1);
  for (const MassModelKind kind : every_model)
    for (const double max_mass : {1e8, 1e10})
      for (int i = 0; i < 50; ++i) {
        const MassModel model(kind, {.max_mass_msun = max_mass});
        const LogMassDensity p = model.density(prior_draw(model, random));
        EXPECT_NEAR(integral(p, p.low, p.high), 1, 1e-9) << static_cast<int>(kind);
      }
}

TEST(MassModelTest, AgreesWithThePublishedLikelihoods) {
  const std::vector<double> masses = brute_force::power_sample();
  const MassModel power(MassModelKind::power_law, {}), schechter(MassModelKind::schechter, {});
  double log_power = 0, log_schechter = 0, jacobian = 0;
  for (const double mass : masses) {
    log_power += power.density(std::array{-1.9}).smooth_log(std::log10(mass));
    log_schechter += schechter.density(std::array{-1.7, 8.1}).smooth_log(std::log10(mass));
    jacobian += std::log(mass * std::numbers::ln10);  // dM = M ln 10 dl
  }
  EXPECT_NEAR(log_power - jacobian, log_likelihood_power_law(-1.9, masses, 2e6), 1e-9);
  EXPECT_NEAR(log_schechter - jacobian, log_likelihood_schechter(-1.7, 8.1, masses, 2e6), 1e-9);
}

TEST(MassModelTest, SlopeIsTheDerivative) {
  Random random = stream(2);
  for (const MassModelKind kind : every_model) {
    const MassModel model(kind, {});
    const LogMassDensity p = model.density(prior_draw(model, random));
    const double l = 6.8, h = 1e-5;
    EXPECT_NEAR((p.smooth_log(l + h) - p.smooth_log(l - h)) / (2 * h), p.slope(l),
                1e-5 * (1 + std::abs(p.slope(l))));
  }
}

struct Catalogue {
  std::vector<MassPosterior> clusters;
  std::vector<Injection> injections;
};

// Clusters of errors 0.15 to 0.3 dex; injections uniform in log mass from 5 to 9.5, found with a probability
// that rises about 10^6.3.
Catalogue catalogue(int clusters, int draws, int injections, std::uint64_t seed) {
  Random random = stream(seed);
  Catalogue c;
  for (int i = 0; i < clusters; ++i) {
    const double l = 6.4 - std::log10(1 - random.uniform()), sigma = random.uniform(0.15, 0.3);
    MassPosterior posterior;
    for (int j = 0; j < draws; ++j) {
      posterior.log_mass_msun.push_back(std::min(l, 8.5) + sigma * random.normal());
      posterior.log_prior.push_back(0.3 * random.normal());
      posterior.weight.push_back(random.uniform());
    }
    c.clusters.push_back(posterior);
  }
  for (int i = 0; i < injections; ++i) {
    const double l = random.uniform(5, 9.5);
    const bool found = random.uniform() < 1 / (1 + std::exp((6.3 - l) / 0.2));
    c.injections.push_back({l, -std::log(4.5), found, random.uniform(0.5, 1.5)});
  }
  return c;
}

MassModelOptions wide() { return {.min_mass_msun = 1e5}; }

// The promise of log_mass_sum.h: 1e-4 of each sum everywhere in the prior.
TEST(LogMassSumTest, EqualsTheDirectSum) {
  const Catalogue c = catalogue(40, 200, 20000, 3);
  const LogMassGrid grid = log_mass_grid(5, 9.6, 0.01);
  Random random = stream(4);
  double worst = 0, worst_smooth = 0;
  for (const MassPosterior& cluster : c.clusters) {
    std::vector<WeightedMass> terms;
    for (std::size_t j = 0; j < cluster.log_mass_msun.size(); ++j)
      terms.push_back({cluster.log_mass_msun[j], cluster.weight[j]});
    const LogMassSum sums(grid, terms);
    for (const MassModelKind kind : every_model)
      for (int i = 0; i < 20; ++i) {
        const MassModel model(kind, wide());
        const LogMassDensity p = model.density(prior_draw(model, random));
        const GriddedDensity gridded(grid, p);
        const double direct = sums.direct_sum(p), direct2 = sums.direct_sum_of_squares(p);
        if (direct < 1e-250) continue;
        const double error = std::abs(sums.sum(gridded) / direct - 1);
        worst = std::max(worst, error);
        if (direct2 > 1e-250) worst = std::max(worst, std::abs(sums.sum_of_squares(gridded) / direct2 - 1));
        if (std::abs(p.slope(sums.terms().front().log_mass_msun)) < 8 &&
            std::abs(p.slope(sums.terms().back().log_mass_msun)) < 8)
          worst_smooth = std::max(worst_smooth, error);
      }
  }
  RecordProperty("worst", std::to_string(worst * 1e6) + "e-6");
  RecordProperty("worst_smooth", std::to_string(worst_smooth * 1e6) + "e-6");
  EXPECT_LT(worst, 1e-4);
  EXPECT_LT(worst_smooth, 1e-6);
  EXPECT_GT(worst, 0);
}

TEST(HierarchicalLikelihoodTest, EqualsItsSlowTwin) {
  const Catalogue c = catalogue(60, 200, 20000, 5);
  Random random = stream(6);
  for (const MassModelKind kind : every_model) {
    const HierarchicalLikelihood likelihood(MassModel(kind, wide()), c.clusters, c.injections);
    for (int i = 0; i < 30; ++i) {
      const std::vector<double> theta = prior_draw(likelihood.model(), random);
      const double fast = likelihood(theta), slow = likelihood.direct(theta);
      if (slow < -1e4) continue;
      EXPECT_NEAR(fast, slow, 60 * 1e-4) << static_cast<int>(kind) << ' ' << theta[0];
      if (slow > -200) {
        EXPECT_NEAR(fast, slow, 2e-4);
      }
    }
  }
}

// Certain masses and no selection: the published likelihood, and its evidence in closed form. With a = -beta
// - 1, T = sum ln t:  L = a^N exp(-a T) x (ln 10)^N,  Z = (1/2) int_0^2 L da = (ln 10)^N gamma(N+1, 2T) / (2
// T^(N+1)).
TEST(QuadraturePosteriorTest, EvidenceOfThePowerLaw) {
  std::vector<MassPosterior> clusters;
  double t = 0;
  for (const double mass : brute_force::power_sample()) {
    clusters.push_back(normal_mass_posterior(std::log10(mass), 0));
    t += std::log(mass / 2e6);
  }
  const HierarchicalLikelihood likelihood(MassModel(MassModelKind::power_law, {}), clusters,
                                          std::span<const Injection>{}, {.step_dex = 0.005});
  const inference::QuadraturePosterior posterior = integrate_hierarchical(likelihood);
  const double analytic = 60 * std::log(std::numbers::ln10) + std::lgamma(61) +
                          std::log(boost::math::gamma_p(61.0, 2 * t)) - std::log(2.0) - 61 * std::log(t);
  EXPECT_NEAR(posterior.log_evidence(), analytic, 1e-6);
  const double inside = boost::math::gamma_p(61.0, 2 * t);
  for (const double p : {0.025, 0.16, 0.5, 0.84, 0.975}) {
    const double exact = -1 - boost::math::gamma_p_inv(61.0, (1 - p) * inside) / t;
    EXPECT_NEAR(posterior.quantile(0, p), exact, 1e-6);
    EXPECT_NEAR(posterior.cumulative(0, exact), p, 1e-6);
  }
  EXPECT_NEAR(posterior.mean(0), -1 - 61 / t, 1e-6);
  EXPECT_NEAR(posterior.covariance(0, 0), 61 / (t * t), 1e-7);
}

// A correlated normal density, and half of one: the box cuts through its centre.
TEST(QuadraturePosteriorTest, OfACorrelatedNormal) {
  const double sx = 0.03, sy = 0.2, rho = 0.8;
  const inference::LogDensity normal = [=](std::span<const double> at) {
    const double x = (at[0] - 0.4) / sx, y = (at[1] - 7) / sy;
    return -0.5 * (x * x - 2 * rho * x * y + y * y) / (1 - rho * rho);
  };
  const double log_z = std::log(2 * std::numbers::pi * sx * sy * std::sqrt(1 - rho * rho));
  const inference::QuadraturePosterior whole(normal, std::array{Bounds{-10, 10}, Bounds{0, 20}});
  EXPECT_NEAR(whole.log_evidence(), log_z, 1e-7);
  EXPECT_NEAR(whole.covariance(0, 0), sx * sx, 1e-7 * sx * sx);
  EXPECT_NEAR(whole.covariance(0, 1), rho * sx * sy, 1e-7 * sx * sy);
  EXPECT_NEAR(whole.quantile(1, 0.16), 7 + sy * statistics::normal_quantile(0.16), 1e-6);
  const inference::QuadraturePosterior half(normal, std::array{Bounds{0.4, 10}, Bounds{0, 20}});
  EXPECT_NEAR(half.log_evidence(), log_z - std::log(2.0), 2e-5);
  EXPECT_NEAR(half.mean(0), 0.4 + sx * std::sqrt(2 / std::numbers::pi), 2e-5 * sx);
}

// Fourth order: half the step, a sixteenth of the error. exp(-theta) over [0, 3] has no mass to lose at its
// ends.
TEST(QuadraturePosteriorTest, ConvergesAtFourthOrder) {
  const inference::LogDensity density = [](std::span<const double> at) { return -at[0]; };
  const auto error = [&](int nodes) {
    const inference::QuadraturePosterior p(density, std::array{Bounds{0, 3}}, {.nodes = nodes});
    return std::abs(p.log_evidence() - std::log(1 - std::exp(-3.0)));
  };
  EXPECT_NEAR(std::log2(error(41) / error(81)), 4, 0.3);
}

// A normal error and the power law have a closed form far from the edges: int M^a N(l; l0, s) dl = M0^a
// exp((a s ln 10)^2 / 2).
TEST(HierarchicalLikelihoodTest, NormalErrorsByQuadrature) {
  const MassModel model(MassModelKind::power_law, {.min_mass_msun = 1e3});
  const std::vector<MassPosterior> one = {normal_mass_posterior(6, 0.3)};
  const HierarchicalLikelihood likelihood(model, one, std::span<const Injection>{});
  for (const double beta : {-2.9, -2.0, -1.2}) {
    const double a = (beta + 1) * std::numbers::ln10;
    const double analytic = model.density(std::array{beta}).smooth_log(6) + 0.5 * std::pow(a * 0.3, 2);
    EXPECT_NEAR(likelihood(std::array{beta}), analytic, 2e-7);
  }
}

// xi of a step: all above 10^6 are found, (M / M_low)^(beta + 1) of the population. 1e5 injections; 5 sigma
// of its own error, 6e-7 a check. The variance is known too: <x^2> is the integral of p^2 / p_draw.
TEST(SelectionTest, OfAStep) {
  Random random = stream(7);
  std::vector<Injection> injections;
  for (int i = 0; i < 100000; ++i) {
    const double l = random.uniform(5, 11);
    injections.push_back({l, -std::log(6.0), l > 6, 1});
  }
  const MassModel model(MassModelKind::power_law, wide());
  const Selection selection(log_mass_grid(5, 11, 0.01), injections);
  for (const double beta : {-2.5, -2.0, -1.5}) {
    const LogMassDensity p = model.density(std::array{beta});
    const SelectionIntegral found = selection.integral({selection.sums().grid(), p});
    const double exact = std::pow(10.0, beta + 1), a = -(beta + 1) * std::numbers::ln10;
    EXPECT_NEAR(found.xi, exact, 5 * std::sqrt(found.variance)) << beta;
    const double second = 6 * a / 2 * std::exp(-2 * a);  // 6 int_1^inf a^2 exp(-2 a u) du
    const double n_eff = exact * exact * 1e5 / (second - exact * exact);
    EXPECT_NEAR(found.effective_injections / n_eff, 1, 0.03) << beta;
    const SelectionIntegral direct = selection.direct_integral(p);
    EXPECT_NEAR(found.effective_injections / direct.effective_injections, 1, 1e-5);
    EXPECT_NEAR(found.xi / direct.xi, 1, 1e-6);
  }
}

// xi does not depend on how the injections were drawn, only its error does: here ~ M^-0.5 with weights that
// undo a wrong distribution of ages.
TEST(SelectionTest, AnyDrawDensityServes) {
  Random random = stream(8);
  std::vector<Injection> flat, steep;
  const double b = 0.5 * std::numbers::ln10, norm = b / (1 - std::exp(-4 * b));
  for (int i = 0; i < 200000; ++i) {
    const auto chance = [](double l, double age) { return 1 / (1 + std::exp((6.3 + 0.3 * age - l) / 0.2)); };
    const double l = random.uniform(5, 9), age = random.uniform();
    flat.push_back({l, -std::log(4.0), random.uniform() < chance(l, age), 1});
    const double u = -std::log(1 - random.uniform() * (1 - std::exp(-4 * b))) / b;
    const double young = 1 - std::sqrt(1 - random.uniform());  // density 2 (1 - age); the population's is 1
    steep.push_back(
        {5 + u, std::log(norm) - b * u, random.uniform() < chance(5 + u, young), 1 / (2 * (1 - young))});
  }
  MassModelOptions options = wide();
  options.max_mass_msun = 1e9;
  const LogMassDensity p = MassModel(MassModelKind::power_law, options).density(std::array{-2.0});
  const LogMassGrid grid = log_mass_grid(5, 9, 0.01);
  const SelectionIntegral one = Selection(grid, flat).direct_integral(p);
  const SelectionIntegral two = Selection(grid, steep).direct_integral(p);
  EXPECT_NEAR(one.xi, two.xi, 5 * std::sqrt(one.variance + two.variance));
}

TEST(SelectionTest, TooFewInjectionsAreCounted) {
  const Catalogue few = catalogue(60, 50, 300, 9), many = catalogue(60, 50, 30000, 9);
  const MassModel model(MassModelKind::power_law, wide());
  const std::vector<double> theta = {-2.0};
  const SelectionVerdict bad = HierarchicalLikelihood(model, few.clusters, few.injections).verdict(theta);
  const SelectionVerdict good = HierarchicalLikelihood(model, many.clusters, many.injections).verdict(theta);
  EXPECT_EQ(bad.status, SelectionStatus::too_few_injections);
  EXPECT_LT(bad.effective_injections, 240);
  EXPECT_NE(bad.message.find("too few injections: N_eff = "), std::string::npos) << bad.message;
  EXPECT_EQ(good.status, SelectionStatus::ok) << good.message;
  // N_eff grows as the number of injections: what 300 say is needed, 30000 confirm (30%: 5 sigma of N_eff of
  // 300).
  EXPECT_NEAR(bad.injections_needed / good.injections_needed, 1, 0.5);
}

// Injections from 10^6.5 on cannot tell what is found below, where much is found.
TEST(SelectionTest, InjectionsMustCoverThePopulation) {
  Catalogue c = catalogue(60, 50, 30000, 10);
  std::erase_if(c.injections, [](const Injection& i) { return i.log_mass_msun < 6.5; });
  const MassModel model(MassModelKind::power_law, wide());
  const auto verdict = HierarchicalLikelihood(model, c.clusters, c.injections).verdict(std::array{-2.0});
  EXPECT_EQ(verdict.status, SelectionStatus::injections_do_not_cover);
}

TEST(FitHierarchicalTest, RefusesNumbersWithoutInjections) {
  const Catalogue c = catalogue(60, 50, 300, 9);
  const HierarchicalLikelihood likelihood(MassModel(MassModelKind::power_law, wide()), c.clusters,
                                          c.injections);
  const HierarchicalFit fit = fit_hierarchical(likelihood, {.sampler = {.walkers = 20, .steps = 150}}, 1);
  EXPECT_EQ(fit.selection.status, SelectionStatus::too_few_injections);
  EXPECT_TRUE(std::isnan(fit.parameters[0].median));
  EXPECT_EQ(fit.parameters[0].name, "beta");
}

TEST(FitHierarchicalTest, DoesNotDependOnThreads) {
  const Catalogue c = catalogue(20, 50, 5000, 11);
  const HierarchicalLikelihood likelihood(MassModel(MassModelKind::schechter, wide()), c.clusters,
                                          c.injections);
  const HierarchicalFitOptions one{.sampler = {.walkers = 20, .steps = 50}, .burn_in = 10, .threads = 1};
  HierarchicalFitOptions two = one;
  two.threads = 2;
  const auto a = fit_hierarchical(likelihood, one, 3), b = fit_hierarchical(likelihood, two, 3);
  for (int e = 0; e < 4; ++e) EXPECT_EQ(a.chains[e].values, b.chains[e].values);
}

// 8 ensembles of 40 walkers x 800 steps, 300 burn-in (tau is 30 to 50). Each mean and covariance of the
// draws is compared with the quadrature in units of the scatter between ensembles over sqrt(8): |t_7| < 6,
// 5e-4 a check.
TEST(FitHierarchicalTest, EqualsTheQuadrature) {
  const Catalogue c = catalogue(30, 50, 20000, 12);
  MassModelOptions prior = wide();
  prior.max_mass_msun = 3e9;
  for (const MassModelKind kind :
       {MassModelKind::power_law, MassModelKind::schechter, MassModelKind::log_normal}) {
    const HierarchicalLikelihood likelihood(MassModel(kind, prior), c.clusters, c.injections);
    const HierarchicalFitOptions options{
        .sampler = {.walkers = 40, .steps = 800}, .burn_in = 300, .ensembles = 8, .threads = 2};
    const HierarchicalFit fit = fit_hierarchical(likelihood, options, 4);
    ASSERT_EQ(fit.selection.status, SelectionStatus::ok) << fit.selection.message;
    const inference::QuadraturePosterior exact = integrate_hierarchical(likelihood, {.nodes = 101});
    const std::vector<double> predicted = likelihood.monte_carlo_error(exact);
    const int dimensions = likelihood.model().dimensions();
    const auto compare = [&](const std::vector<double>& values, double truth, const char* what) {
      const double error = statistics::standard_deviation(values) / std::sqrt(8.0);
      EXPECT_NEAR(statistics::mean(values), truth, 6 * error) << static_cast<int>(kind) << what;
    };
    for (int a = 0; a < dimensions; ++a) {
      std::vector<double> means;
      for (const inference::EnsembleChain& chain : fit.chains)
        means.push_back(statistics::mean(chain.flat(a, 300)));
      compare(means, exact.mean(a), "mean");
      for (int b = 0; b <= a; ++b) {
        std::vector<double> moments;
        const double mean_a = exact.mean(a), mean_b = exact.mean(b);
        for (const inference::EnsembleChain& chain : fit.chains) {
          const std::vector<double> x = chain.flat(a, 300), y = chain.flat(b, 300);
          double sum = 0;
          for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - mean_a) * (y[i] - mean_b);
          moments.push_back(sum / static_cast<double>(x.size()));
        }
        compare(moments, exact.covariance(a, b), "covariance");
      }
      EXPECT_NEAR(fit.monte_carlo_error[a] / predicted[a], 1, 0.25);
      EXPECT_NEAR(fit.parameters[a].median, exact.quantile(a, 0.5), 0.05 * std::sqrt(exact.covariance(a, a)));
    }
  }
}

// The predicted Monte-Carlo error of the mean against what 60 other sets of injections and mass draws do to
// it. The standard deviation of 60 values errs by 9%: 4 sigma.
TEST(HierarchicalLikelihoodTest, MonteCarloErrorIsWhatOtherInjectionsDo) {
  Random masses = stream(13);
  std::vector<double> observed(60);
  for (double& l : observed) l = std::min(8.5, 6.4 - std::log10(1 - masses.uniform()));
  std::vector<double> means, predicted;
  for (int trial = 0; trial < 60; ++trial) {
    Catalogue c = catalogue(0, 0, 4000, 1000 + trial);
    Random random = stream(2000 + trial);
    for (const double l : observed) {
      MassPosterior posterior;
      for (int j = 0; j < 200; ++j) posterior.log_mass_msun.push_back(l + 0.25 * random.normal());
      c.clusters.push_back(posterior);
    }
    const HierarchicalLikelihood likelihood(MassModel(MassModelKind::power_law, wide()), c.clusters,
                                            c.injections);
    const inference::QuadraturePosterior posterior = integrate_hierarchical(likelihood, {.nodes = 41});
    means.push_back(posterior.mean(0));
    if (trial < 4) predicted.push_back(likelihood.monte_carlo_error(posterior)[0]);
  }
  EXPECT_NEAR(statistics::mean(predicted) / statistics::standard_deviation(means), 1, 0.36);
}

// A tenth-size check of the sign of the marginalisation: it adds N (N + 1) / (2 N_eff).
TEST(HierarchicalLikelihoodTest, MarginalisesOverTheSelection) {
  const Catalogue c = catalogue(60, 50, 5000, 14);
  const MassModel model(MassModelKind::power_law, wide());
  const HierarchicalLikelihood plain(model, c.clusters, c.injections);
  const HierarchicalLikelihood wider(model, c.clusters, c.injections, {.marginalise = true});
  const std::array theta{-2.1};
  const double n_eff = plain.selection(theta).effective_injections;
  EXPECT_NEAR(wider(theta) - plain(theta), 60 * 61 / (2 * n_eff), 1e-9);
  EXPECT_NEAR(wider(theta), wider.direct(theta), 1e-4);
}

TEST(HierarchicalLikelihoodTest, ContractsAreKept) {
  const MassModel model(MassModelKind::power_law, {});
  const std::vector<MassPosterior> none, light = {normal_mass_posterior(5, 0.01)};
  const std::span<const Injection> without;
  EXPECT_THROW(HierarchicalLikelihood(model, none, without), ContractError);
  EXPECT_THROW(HierarchicalLikelihood(model, light, without), ContractError);
  EXPECT_THROW(MassModel(MassModelKind::power_law, {.beta = {-1, -2}}), ContractError);
  const std::vector<MassPosterior> good = {normal_mass_posterior(7, 0.1)};
  const HierarchicalLikelihood likelihood(model, good, without);
  EXPECT_EQ(likelihood(std::array{-3.5}), -std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace arcproof::population

#include "validation/convergence.h"

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/core/statistics.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

// x_t = rho x_{t-1} + sqrt(1 - rho^2) e_t, started from its stationary distribution N(0, 1).
std::vector<double> autoregressive(double rho, int length, Random& random) {
  std::vector<double> x{random.normal()};
  while (static_cast<int>(x.size()) < length)
    x.push_back(rho * x.back() + std::sqrt(1 - rho * rho) * random.normal());
  return x;
}

Chains autoregressive_chains(double rho, int count, int length, std::int64_t number = 0) {
  Random random({.seed = 21, .purpose = "convergence_test", .realisation = number});
  Chains chains;
  for (int i = 0; i < count; ++i) chains.push_back(autoregressive(rho, length, random));
  return chains;
}

// tau = (1 + rho)/(1 - rho) = 19 for rho = 0.9. 40 chains x 10,000: the estimate of tau scatters by sqrt(2 (2
// M + 1)/ S) = 3% with the window M = 5 tau (Madras & Sokal 1988), and Geyer's sum somewhat more; 4 of these.
TEST(AutoregressiveChains, TimeAndEffectiveSizeAsTheory) {
  const auto chains = autoregressive_chains(0.9, 40, 10000);
  EXPECT_NEAR(integrated_autocorrelation_time(chains), 19, 0.12 * 19);
  EXPECT_NEAR(effective_sample_size_bulk(chains) * 19 / 400000, 1, 0.12);
  EXPECT_NEAR(effective_sample_size_mean(chains) * 19 / 400000, 1, 0.12);
  EXPECT_LT(split_r_hat(chains), 1.01);
  EXPECT_NEAR(mcse_mean(chains), std::sqrt(19.0 / 400000), 0.06 * std::sqrt(19.0 / 400000));
}

// The indicator x <= 0 of a Gaussian has the autocorrelation (2/pi) asin(rho^t). A median's error is
// sqrt(tau/S)/2 over the density 1/sqrt(2 pi).
TEST(AutoregressiveChains, QuantilesAsTheory) {
  const auto chains = autoregressive_chains(0.7, 40, 10000);
  double tau = 1;
  for (int t = 1; t < 200; ++t) tau += 2 * (2 / M_PI) * std::asin(std::pow(0.7, t));
  EXPECT_NEAR(effective_sample_size_quantile(chains, 0.5) * tau / 400000, 1, 0.1);
  const double error = 0.5 * std::sqrt(2 * M_PI) * std::sqrt(tau / 400000);
  EXPECT_NEAR(mcse_quantile(chains, 0.5) / error, 1,
              0.15);  // two order statistics: the local density is seen to some 10%
}

TEST(AutoregressiveChains, IndependentDrawsCountFully) {
  const auto chains = autoregressive_chains(0, 4, 5000);
  EXPECT_NEAR(effective_sample_size_bulk(chains) / 20000, 1, 0.08);
  EXPECT_NEAR(effective_sample_size_tail(chains) / 20000, 1, 0.08);
  EXPECT_NEAR(integrated_autocorrelation_time(chains), 1, 0.08);
  EXPECT_NEAR(split_r_hat(chains), 1, 0.002);
}

// The fast sum against the definition: mean autocorrelation by direct sums.
TEST(AutocorrelationTime, EqualsDirectSums) {
  const auto walkers = autoregressive_chains(0.8, 7, 311);
  double tau = -1;
  for (std::size_t lag = 0; lag == 0 || static_cast<double>(lag - 1) < 5 * tau; ++lag)
    for (const auto& walker : walkers) {
      const double mean = statistics::mean(walker);
      double sum = 0, norm = 0;
      for (std::size_t i = 0; i < walker.size(); ++i) norm += (walker[i] - mean) * (walker[i] - mean);
      for (std::size_t i = lag; i < walker.size(); ++i) sum += (walker[i] - mean) * (walker[i - lag] - mean);
      tau += 2 * sum / norm / 7;
    }
  EXPECT_NEAR(integrated_autocorrelation_time(walkers), tau, 1e-11);
}

// Bulk: one chain of four shifted by one sigma. Folded: one of four three times as wide, with the same
// centre, which only the folded scores see (bulk alone stays near 1).
TEST(SplitRHat, SeesWhatDiffers) {
  auto shifted = autoregressive_chains(0.5, 4, 1000, 1);
  EXPECT_LT(split_r_hat(shifted), 1.01);
  for (double& x : shifted[2]) x += 1;
  EXPECT_GT(split_r_hat(shifted), 1.05);
  auto wider = autoregressive_chains(0.5, 4, 1000, 2);
  for (double& x : wider[2]) x *= 3;
  EXPECT_GT(split_r_hat(wider), 1.05);
  auto drifting = autoregressive_chains(0.5, 4, 1000, 3);  // only splitting sees this: all chains drift alike
  for (auto& chain : drifting)
    for (std::size_t i = 0; i < chain.size(); ++i) chain[i] += 2.0 * static_cast<double>(i) / 1000;
  EXPECT_GT(split_r_hat(drifting), 1.05);
}

// With many chains of N draws a perfect sampler's R-hat is sqrt(1 + 2 tau/N) (the variance of a half's mean
// is 2 tau/N): rho = 0.9, N = 1000 gives 1.0188. 400 chains: the excess to 5%, and to the next order, tau/N,
// 4%.
TEST(SplitRHat, OfManyChainsMeasuresTheirLength) {
  const double r_hat = split_r_hat(autoregressive_chains(0.9, 400, 1000));
  EXPECT_NEAR((r_hat * r_hat - 1) / (2 * 19.0 / 1000), 1, 0.15);
}

TEST(ConvergenceMeasures, SayNothingWhenTheDrawsDo) {
  const Chains constant(4, std::vector<double>(100, 2.5));
  Chains broken = autoregressive_chains(0, 4, 100);
  broken[1][7] = std::nan("");
  const Chains short_chains(4, {1, 2, 3});
  for (const Chains& chains : {constant, broken, short_chains}) {
    EXPECT_TRUE(std::isnan(split_r_hat(chains)));
    EXPECT_TRUE(std::isnan(effective_sample_size_bulk(chains)));
    EXPECT_TRUE(std::isnan(effective_sample_size_tail(chains)));
    EXPECT_TRUE(std::isnan(mcse_quantile(chains, 0.5)));
    EXPECT_TRUE(std::isnan(mcse_mean(chains)));
    EXPECT_TRUE(std::isnan(integrated_autocorrelation_time(chains)));
    EXPECT_FALSE(summarise_convergence({chains}).converged);
  }
  EXPECT_THROW(split_r_hat({}), ContractError);
  EXPECT_THROW(split_r_hat({{1, 2, 3, 4}, {1, 2, 3}}), ContractError);
  EXPECT_THROW(mcse_quantile(autoregressive_chains(0, 2, 10), 1.5), ContractError);
}

std::vector<Chains> ensembles_of(double rho, int ensembles, int walkers, int steps) {
  std::vector<Chains> result(ensembles);
  for (int e = 0; e < ensembles; ++e) result[e] = autoregressive_chains(rho, walkers, steps, 100 + e);
  return result;
}

// rho = 0.8: tau = 9, 2000 steps are 222 tau.
TEST(ConvergenceSummary, LongEnoughIsConverged) {
  const auto summary = summarise_convergence(ensembles_of(0.8, 4, 20, 2000));
  EXPECT_TRUE(summary.converged);
  EXPECT_NEAR(summary.autocorrelation_time, 9, 0.9);
  EXPECT_NEAR(summary.length_over_tau, 2000 / summary.autocorrelation_time, 1e-9);
  EXPECT_NEAR(summary.ess_bulk * 9 / 160000, 1, 0.12);
  EXPECT_LT(summary.r_hat_between_ensembles, 1.005);
  EXPECT_LT(summary.mcse_median, summary.mcse_q16 * 1.2);  // the density is highest at the median
}

TEST(ConvergenceSummary, IsWhatTheFunctionsSayOfAllWalkers) {
  const auto ensembles = ensembles_of(0.6, 3, 8, 200);
  Chains all;
  for (const Chains& one : ensembles) all.insert(all.end(), one.begin(), one.end());
  const auto summary = summarise_convergence(ensembles);
  EXPECT_EQ(summary.r_hat, split_r_hat(all));
  EXPECT_EQ(summary.ess_bulk, effective_sample_size_bulk(all));
  EXPECT_EQ(summary.ess_tail, effective_sample_size_tail(all));
  EXPECT_EQ(summary.mcse_median, mcse_quantile(all, 0.5));
  EXPECT_EQ(summary.mcse_q16, mcse_quantile(all, 0.16));
  EXPECT_EQ(summary.mcse_q84, mcse_quantile(all, 0.84));
  EXPECT_EQ(summary.autocorrelation_time, integrated_autocorrelation_time(all));
}

// Ensembles as chains: every ceil(tau)-th step of each walker, walker after walker.
TEST(ConvergenceSummary, LaysThinnedWalkersEndToEnd) {
  const auto ensembles = ensembles_of(0.6, 3, 8, 200);
  const auto summary = summarise_convergence(ensembles);
  const auto every = static_cast<std::size_t>(std::ceil(summary.autocorrelation_time));
  ASSERT_GT(every, 1u);
  Chains laid(3);
  for (std::size_t e = 0; e < 3; ++e)
    for (const auto& walker : ensembles[e])
      for (std::size_t step = 0; step < 200; step += every) laid[e].push_back(walker[step]);
  EXPECT_EQ(summary.r_hat_between_ensembles, split_r_hat(laid));
}

TEST(ConvergenceSummary, EveryCriterionCounts) {
  ConvergenceSummary good;
  good.r_hat = good.r_hat_between_ensembles = 1.0099;
  good.ess_bulk = good.ess_tail = 401;
  good.length_over_tau = good.ess_per_chain = 50.1;
  EXPECT_TRUE(meets_criteria(good));
  const auto spoilt = [&](double ConvergenceSummary::*member, double value) {
    ConvergenceSummary summary = good;
    summary.*member = value;
    return !meets_criteria(summary);
  };
  const double nan = std::nan("");
  for (const double bad : {1.0101, nan}) {
    EXPECT_TRUE(spoilt(&ConvergenceSummary::r_hat, bad));
    EXPECT_TRUE(spoilt(&ConvergenceSummary::r_hat_between_ensembles, bad));
  }
  for (const double bad : {399.0, nan}) {
    EXPECT_TRUE(spoilt(&ConvergenceSummary::ess_bulk, bad));
    EXPECT_TRUE(spoilt(&ConvergenceSummary::ess_tail, bad));
  }
  for (const double bad : {49.9, nan}) {
    EXPECT_TRUE(spoilt(&ConvergenceSummary::length_over_tau, bad));
    EXPECT_TRUE(spoilt(&ConvergenceSummary::ess_per_chain, bad));
  }
}

// As short as published chains are: 27 tau. 400 walkers make the ESS large, yet each is too short to vouch
// for itself.
TEST(ConvergenceSummary, TooShortIsNotConverged) {
  const auto summary = summarise_convergence(ensembles_of(0.9, 4, 100, 500));
  EXPECT_GT(summary.ess_bulk, 400);
  EXPECT_GT(summary.r_hat, 1.01);
  EXPECT_LT(summary.r_hat_between_ensembles, 1.005);  // nobody is stuck
  EXPECT_LT(summary.length_over_tau, 50);
  EXPECT_FALSE(summary.converged);
}

// 400 walkers of 10 steps: an ESS of 400 is reached by their number alone.
TEST(ConvergenceSummary, ManyWalkersOfFewStepsAreNotConverged) {
  const auto summary = summarise_convergence(ensembles_of(0.9, 4, 100, 10));
  EXPECT_GT(summary.ess_bulk, 400);
  EXPECT_LT(summary.ess_per_chain, 50);
  EXPECT_FALSE(summary.converged);
}

// Slow chains that wander less than the target is wide.
TEST(ConvergenceSummary, SlowChainsAreNotConverged) {
  const auto summary = summarise_convergence(ensembles_of(0.999, 4, 10, 2000));
  EXPECT_GT(summary.r_hat, 1.1);
  EXPECT_FALSE(summary.converged);
}

// One of 8 ensembles sits one sigma aside: the means of the ensembles scatter by sqrt(1/8 * 7/8) = 0.33
// sigma, so R-hat is sqrt(1 + 0.109) less the widening of the ranks, about 1.05.
TEST(ConvergenceSummary, AnEnsembleStuckElsewhereIsSeen) {
  auto ensembles = ensembles_of(0.8, 8, 20, 2000);
  EXPECT_TRUE(summarise_convergence(ensembles).converged);
  for (auto& walker : ensembles[5])
    for (double& x : walker) x += 1;
  const auto summary = summarise_convergence(ensembles);
  EXPECT_NEAR(summary.r_hat_between_ensembles, 1.05, 0.015);
  EXPECT_FALSE(summary.converged);
}

TEST(ConvergenceSummary, WalkersLaidStepByStepWouldHideTheirAutocorrelation) {
  const auto walkers = autoregressive_chains(0.95, 100, 400);
  std::vector<double> interleaved;
  for (std::size_t step = 0; step < 400; ++step)
    for (const auto& walker : walkers) interleaved.push_back(walker[step]);
  EXPECT_GT(effective_sample_size_bulk({interleaved}), 5 * effective_sample_size_bulk(walkers));
}

TEST(ConvergenceSummary, RefusesUnequalEnsembles) {
  auto ensembles = ensembles_of(0.5, 2, 4, 50);
  ensembles[1].pop_back();
  EXPECT_THROW(summarise_convergence(ensembles), ContractError);
  EXPECT_THROW(summarise_convergence({}), ContractError);
}

}  // namespace
}  // namespace arcproof::validation

// The mass function from masses with errors and a catalogue with a selection: a hierarchical model.
//
//   L(theta) = prod_i [ int p(d_i | l) P(sel | l, d_i) p(l | theta) dl ] / xi(theta)^N            (1)
//           ~  prod_i [ (1/n_i) sum_j r_ij p(l_ij | theta) / pi(l_ij) ] / xi(theta)^N            (2)
//
// l_ij: n_i draws from the posterior of cluster i's log mass, made under the prior density pi [1/dex]; xi:
// engine/population/selection.h. Mandel, Farr & Gair 2019 (MNRAS 486, 1086, eq. 7 and 14), Farr 2019 (RNAAS
// 3, 66). The number of clusters tells nothing of the shape: (1) is the likelihood of the masses given N, and
// also that of a Poisson process whose rate has the prior 1/rate, integrated over it.
//
// The weights r_ij are 1 if what decides the selection is part of the data d_i that the mass posterior was
// made of (then P(sel | l, d) = 1 for what is in the catalogue): a limit on the measured mass; on a signal to
// noise whose flux gave the mass. If something else decides - an S/N whose noise the mass does not share,
// crowding, completeness known as a function of the true mass - then being in the catalogue tells about l
// beyond d_i, and r_ij = P(sel | l_ij, d_i) must say so. Leaving r out then steepens the slope: clusters
// scatter down to masses where they could not have been seen.
//
// The Monte-Carlo noise of both sums: the variance of ln L is N^2 / N_eff + sum_i 1 / n_eff,i (Essick & Farr
// 2022). With `marginalise`, xi is integrated over its error, normal as in Farr 2019: int xi^-N N(xi; xi',
// sigma) dxi adds N (N + 1) / (2 N_eff(theta)) to ln L, to first order in N / N_eff. (A flat prior on the
// rate instead of 1/rate makes it (N + 1)(N + 2).) It widens the posterior towards thetas that the injections
// know badly; off by default, as it cannot mend what too few injections spoil.
#pragma once

#include "engine/inference/ensemble_sampler.h"
#include "engine/inference/quadrature_posterior.h"
#include "engine/population/mass_function.h"
#include "engine/population/mass_model.h"
#include "engine/population/selection.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace arcproof::population {

/// What is known of one cluster's mass. Empty `log_prior` means flat in log mass, empty `weight` means 1.
struct MassPosterior {
  std::vector<double> log_mass_msun;  ///< draws, at least one
  std::vector<double> log_prior;      ///< ln pi(l_ij)
  std::vector<double> weight;         ///< r_ij >= 0
  bool exact = false;  ///< a quadrature rule, not random draws: adds nothing to Monte-Carlo errors
};

/// A normal error in log mass, without Monte-Carlo noise: 171 equally spaced values to +-8 sigma with the
/// normal density as weight. The trapezoid rule is exact to rounding for smooth p; the cut loses the tail
/// beyond 8 - |d ln p/dl| sigma standard deviations: 1e-10 for sigma = 0.3 dex and the steepest slope of the
/// prior. sigma = 0: the one mass.
MassPosterior normal_mass_posterior(double log_mass_msun, double sigma_dex);

struct HierarchicalOptions {
  double step_dex = 0.01;    ///< of the grid of log masses (engine/population/log_mass_sum.h)
  bool marginalise = false;  ///< over the Monte-Carlo error of xi
};

/// A posterior as points with probabilities that sum to 1.
struct PosteriorPoint {
  std::vector<double> theta;
  double probability = 0;
};

/// ln L(theta), and what is known of its accuracy.
class HierarchicalLikelihood {
 public:
  /// Without injections the catalogue is taken to hold every cluster of the model's mass range (xi = 1).
  /// At least one cluster, each with at least one draw of weight within the model's mass range; else
  /// ContractError.
  HierarchicalLikelihood(const MassModel& model, std::span<const MassPosterior> clusters,
                         std::span<const Injection> injections, const HierarchicalOptions& options = {});

  /// With injections that several likelihoods share. Their grid holds every mass draw within the model's
  /// range.
  HierarchicalLikelihood(const MassModel& model, std::span<const MassPosterior> clusters,
                         std::shared_ptr<const Selection> selection, bool marginalise = false);

  /// ln L; -infinity outside the prior's box or where no cluster's mass is possible.
  double operator()(std::span<const double> theta) const;
  double log_posterior(
      std::span<const double> theta) const;  ///< with the normalised flat prior: for evidences
  /// The slow twin: every draw and every found injection, one by one.
  double direct(std::span<const double> theta) const;

  SelectionIntegral selection(std::span<const double> theta) const;  ///< xi = 1 without injections
  SelectionVerdict verdict(std::span<const double> theta) const;
  /// The same, with the least N_eff over a posterior in place of that at theta.
  SelectionVerdict verdict(std::span<const double> theta, const SelectionIntegral& worst) const;
  /// Of ln L, from the finite numbers of injections and of mass draws.
  double monte_carlo_variance(std::span<const double> theta) const;

  /// How far the posterior mean of each parameter would move, one sigma, with another set of injections and
  /// of mass draws. To first order the mean moves by Cov(theta, delta ln L), so each injection k moves it by
  /// -N Cov(theta, x_k / sum x) and each draw of cluster i by Cov(theta, y_ij / sum_j y_ij) (covariances over
  /// the posterior), and the squares add up. This error is common to all thetas and widens no posterior by
  /// itself: add it to the posterior's width in quadrature. N_eff > 4 N_obs does not make it small: 150
  /// clusters of slope -2.5 and 60,000 injections uniform in log mass have N_eff = 1,200, and a Monte-Carlo
  /// error of 0.56 sigma.
  std::vector<double> monte_carlo_error(std::span<const PosteriorPoint> points) const;
  std::vector<double> monte_carlo_error(const inference::QuadraturePosterior& posterior) const;

  const MassModel& model() const { return model_; }
  int clusters() const { return static_cast<int>(clusters_.size()); }

 private:
  std::vector<double> response(const LogMassSum& sum, int parameter,
                               std::span<const PosteriorPoint> points) const;
  double shift_variance(const LogMassSum& sum, std::span<const double> response) const;
  void add(std::span<const MassPosterior> clusters);
  double combine(double log_numerator, const SelectionIntegral& selection) const;

  MassModel model_;
  bool marginalise_;
  LogMassGrid grid_;
  std::vector<LogMassSum> clusters_;            // weights r_ij / (n_i pi_ij)
  std::vector<int> draws_;                      // n_i; 0 for an exact rule
  std::shared_ptr<const Selection> selection_;  // null: none
};

struct HierarchicalFitOptions {
  inference::EnsembleOptions sampler = {};  ///< 100 walkers x 600 steps
  int burn_in = 100;
  int ensembles = 4;
  int threads = 1;  ///< ensembles run side by side; the result does not depend on it
};

struct HierarchicalFit {
  MassModelKind model = MassModelKind::power_law;
  int objects = 0;
  SelectionVerdict selection;                    ///< the worst over the posterior, of its best-covered 99%
  double monte_carlo_variance = 0;               ///< of ln L at the median
  std::vector<inference::EnsembleChain> chains;  ///< one per ensemble
  std::vector<ParameterSummary> parameters;      ///< NaN where selection.status is not ok
  std::vector<double> monte_carlo_error;  ///< of each parameter, not yet in `parameters`: add in quadrature
};

/// Samples the posterior. Walkers start from the prior, where the likelihood is not zero (nowhere:
/// ContractError). Ensemble e draws from the stream {seed, "hierarchical", e}. If N_eff is not above 4 N_obs
/// over 99% of the posterior, or the injections do not cover the population at the median, no numbers are
/// given: `selection` says what is missing.
HierarchicalFit fit_hierarchical(const HierarchicalLikelihood& likelihood,
                                 const HierarchicalFitOptions& options, std::uint64_t seed);

/// The same posterior by quadrature, with its evidence: the exact twin of the sampler, which tests call.
inference::QuadraturePosterior integrate_hierarchical(const HierarchicalLikelihood& likelihood,
                                                      const inference::QuadratureOptions& options = {});

}  // namespace arcproof::population

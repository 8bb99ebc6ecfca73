// Has a sampler converged? Rank-normalised split R-hat, bulk and tail effective sample size, Monte-Carlo
// standard errors (Vehtari, Gelman, Simpson, Carpenter & Buerkner 2021, Bayesian Analysis 16, 667) and the
// integrated autocorrelation time (Sokal 1997; Goodman & Weare 2010).
//
//   split   every chain is cut into two halves (an odd middle draw is left out), which are chains from then on
//   z       Phi^-1((rank - 3/8) / (S + 1/4)), the rank among all S draws, ties averaged (Blom 1958; the S - 1/4
//           printed in the paper's eq. 14 is not what its authors' code does)
//   R-hat   sqrt{[(n - 1) W + B] / (n W)}, n draws a chain, W the mean variance within chains, B = n times the
//           variance of the chains' means (eqs. 1-4); of z (bulk) and of z of |x - median| (folded: scales)
//   ESS     S / tau, tau = -1 + 2 sum_t rho_t, rho_t = 1 - (W - mean autocovariance(t)) / var+ (eqs. 10-13),
//           summed in pairs while positive and never rising (Geyer 1992), tau at least 1 / log10 S
//
// Equal to ArviZ and to R's `posterior` to rounding, but for chains that say nothing: a constant or
// non-finite draw, or fewer than 4 draws a chain, gives NaN, and NaN never counts as converged.
#pragma once

#include <vector>

namespace arcproof::validation {

/// Draws of one scalar quantity: chains of equal length (or ContractError), at least one.
using Chains = std::vector<std::vector<double>>;

double split_r_hat(const Chains& chains);  ///< max of bulk (rank-normalised) and tail (folded) split R-hat
double effective_sample_size_bulk(const Chains& chains);  ///< of the split z
double effective_sample_size_mean(const Chains& chains);  ///< of the split draws as they are
double effective_sample_size_tail(const Chains& chains);  ///< minimum over the 5% and 95% quantiles
/// Effective sample size of a quantile's indicator, x <= quantile(p), and the Monte-Carlo standard error of
/// that quantile: half the width between the order statistics at the 16 and 84% points of Beta(ESS p + 1, ESS
/// (1 - p) + 1). p in [0, 1].
double effective_sample_size_quantile(const Chains& chains, double p);
double mcse_quantile(const Chains& chains, double p);
double mcse_mean(const Chains& chains);  ///< standard deviation over sqrt(effective_sample_size_mean)

/// Integrated autocorrelation time of an ensemble [steps], tau = 1 + 2 sum rho_t: each walker's
/// autocorrelation about its own mean, averaged over walkers, the sum cut at the first window M >= 5 tau(M)
/// (as emcee). `walkers[w]` is the series of walker w. It comes out low for chains shorter than some 50 tau.
/// NaN when a walker never moved.
double integrated_autocorrelation_time(const Chains& walkers);

struct ConvergenceSummary {
  double r_hat = 0, ess_bulk = 0, ess_tail = 0;
  double r_hat_between_ensembles = 0;
  double mcse_median = 0, mcse_q16 = 0, mcse_q84 = 0;
  double autocorrelation_time = 0;
  double length_over_tau = 0;  ///< steps after burn-in over tau
  double ess_per_chain = 0;    ///< the lesser of bulk and tail ESS over the number of walkers
  bool converged = false;      ///< meets_criteria() of the rest
};

/// Both r_hats < 1.01, both ESS > 400, ess_per_chain > 50, length_over_tau > 50 (Vehtari+2021 section 4; emcee's
/// advice). Many walkers reach an ESS of 400 with a few steps each: hence the limit per chain.
bool meets_criteria(const ConvergenceSummary& summary);

/// `ensembles[e][w]` is the series of walker w of ensemble e, after burn-in.
///
/// R-hat, ESS and MCSE take every walker of every ensemble as a chain (as ArviZ does with emcee's chains):
/// laid end to end step by step, neighbouring walkers would hide the autocorrelation. A perfect sampler's
/// r_hat is then about sqrt(1 + 2 tau / N) for walkers of N steps, so r_hat < 1.01 asks for N > 100 tau: it
/// is the strictest of the criteria.
///
/// r_hat_between_ensembles is the split R-hat in which each chain is one ensemble: its walkers, each thinned
/// to every ceil(tau)-th step so that draws are nearly independent, laid walker after walker. It has no such
/// floor (a perfect sampler's is 1.000), so it tells an ensemble that is stuck elsewhere from chains that are
/// merely short: walkers of one ensemble follow each other, and can be wrong together.
ConvergenceSummary summarise_convergence(const std::vector<Chains>& ensembles);

}  // namespace arcproof::validation

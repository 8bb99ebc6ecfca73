// Has a sampler converged? Rank-normalised split R-hat, bulk and tail effective sample size, Monte-Carlo standard errors
// (Vehtari, Gelman, Simpson, Carpenter & Buerkner 2021) and the integrated autocorrelation time (Sokal 1997; Goodman & Weare 2010).
#pragma once

#include <vector>

namespace arcproof::validation {

/// Draws of one scalar quantity: chains of equal length.
using Chains = std::vector<std::vector<double>>;

double split_r_hat(const Chains& chains);            ///< max of bulk (rank-normalised) and tail (folded) split R-hat
double effective_sample_size_bulk(const Chains& chains);
double effective_sample_size_tail(const Chains& chains);   ///< minimum over the 5% and 95% quantiles
/// Effective sample size of a quantile's indicator, and the Monte-Carlo standard error of that quantile.
double effective_sample_size_quantile(const Chains& chains, double p);
double mcse_quantile(const Chains& chains, double p);
double mcse_mean(const Chains& chains);

/// Integrated autocorrelation time of an ensemble [steps]: the autocovariance is averaged over walkers, the sum is cut at the
/// first window M >= 5 tau(M) (as emcee). `walkers[w]` is the series of walker w.
double integrated_autocorrelation_time(const Chains& walkers);

struct ConvergenceSummary {
  double r_hat = 0, ess_bulk = 0, ess_tail = 0;
  double mcse_median = 0, mcse_q16 = 0, mcse_q84 = 0;
  double autocorrelation_time = 0;
  double length_over_tau = 0;   ///< steps after burn-in over tau
  bool converged = false;       ///< r_hat < 1.01, both ESS > 400, length_over_tau > 50
};
/// `ensembles[e][w]` is the series of walker w of ensemble e, after burn-in. R-hat and ESS treat each ensemble's walkers, laid
/// end to end step by step, as one chain (walkers of one ensemble are not independent chains).
ConvergenceSummary summarise_convergence(const std::vector<Chains>& ensembles);

}  // namespace arcproof::validation

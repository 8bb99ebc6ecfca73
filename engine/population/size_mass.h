// The relation of size and mass, with errors in both, scatter and upper limits; and which clusters are bound.
//
//   log10 R = a + b (log10 M - pivot) + s N(0, 1),        log10 M ~ mu + t N(0, 1)
//
// (R: half-light radius [pc], M [Msun], s: intrinsic scatter [dex]). The distribution of true masses is part
// of the model: without it errors in mass flatten b by t^2 / (t^2 + sigma^2) (Kelly 2007, ApJ 665, 1489, with
// one component instead of a mixture). All is normal, so the true values integrate out: the measured pair (x,
// y) is bivariate normal about (mu, a + b (mu - pivot)) with covariance
//
//   [ t^2 + sigma_x^2      b t^2                      ]
//   [ b t^2                b^2 t^2 + s^2 + sigma_y^2  ]
//
// A size below the resolution limit y_lim contributes p(x) Phi((y_lim - E[y|x]) / sd[y|x]), the probability
// of a measurement below it. Errors of mass and size of one cluster are taken as independent.
//
// What is assumed: masses in their sample about normal in the logarithm; no selection on size (extended
// clusters of low mass are the first to be lost: correct with the completeness before, or say so).
#pragma once

#include "engine/inference/ensemble_sampler.h"
#include "engine/population/mass_function.h"
#include "engine/population/mass_likelihood.h"

#include <cstdint>
#include <span>
#include <vector>

namespace arcproof::population {

struct SizeAndMass {
  double log_mass_msun = 0, log_mass_error = 0;  ///< error >= 0
  double log_radius_pc = 0, log_radius_error = 0;
  bool upper_limit =
      false;  ///< log_radius_pc is a limit; log_radius_error that of a measurement at the limit
};

struct SizeMassOptions {
  double pivot_log_mass = 6;
  Bounds intercept = {-3, 4}, slope = {-2, 2}, scatter = {0.01, 1.5};  ///< flat priors of a, b, s
  Bounds mean_log_mass = {2, 10}, mass_spread = {0.02, 3};             ///< of mu, t
  inference::EnsembleOptions sampler = {.walkers = 100, .steps = 1500};
  int burn_in = 500;
  int ensembles = 4;
  int threads = 1;
};

/// ln of the likelihood at (a, b, s, mu, t).
double log_likelihood_size_mass(std::span<const double> theta, std::span<const SizeAndMass> clusters,
                                double pivot_log_mass);

struct SizeMassFit {
  int objects = 0, upper_limits = 0;
  std::vector<inference::EnsembleChain> chains;
  std::vector<ParameterSummary>
      parameters;  ///< "intercept", "slope", "scatter_dex", "mean_log_mass", "mass_spread_dex"
};

/// Samples the posterior. Walkers start about the least-squares line of the measured sizes, at a tenth of the
/// sample's spread. Ensemble e draws from the stream {seed, "size_mass", e}. Fewer than 5 measured sizes: a
/// fit without chains. Values or errors that are not finite: ContractError.
SizeMassFit fit_size_mass(std::span<const SizeAndMass> clusters, const SizeMassOptions& options,
                          std::uint64_t seed);

struct BoundCluster {
  SizeAndMass size_and_mass;
  double log_age_yr = 0, log_age_error = 0;
};

/// P(Pi > 1), Pi the dynamical age (engine/population/dynamics.h); errors normal in the logarithm and independent: ln Pi has errors of age, 3/2 of size, 1/2 of
/// mass. With an upper limit in size the probability is a lower limit: that at the limit.
double bound_probability(const BoundCluster& cluster);

struct BoundFraction {
  double fraction = 0;  ///< mean of the probabilities; NaN without clusters
  double error = 0;     ///< from the errors of measurement, sqrt(sum p (1 - p)) / N
  int clusters = 0;
};
BoundFraction bound_fraction(std::span<const BoundCluster> clusters);

}  // namespace arcproof::population

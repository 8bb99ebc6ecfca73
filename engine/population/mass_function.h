// The cluster mass function as published: power law and Schechter above a minimum mass. Claeyssens+2025 sections 4.4, 5.4.
//
//   p(M | beta)        ~ M^beta                  M > M_min
//   p(M | beta, M_c)   ~ M^beta exp(-M / M_c)    M > M_min
//
// Flat priors -3 < beta < -1, log M_min < log10 M_c < 9.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/core/random.h"
#include "engine/population/ensemble_sampler.h"

namespace arcproof::population {

enum class MassFunctionModel { power_law, schechter };

struct MassFunctionOptions {
  double min_mass_msun = 2e6;
  double max_age_myr = 100;          ///< selection on age; clusters older are left out
  double beta_low = -3, beta_high = -1;
  double log_cutoff_high = 9;
  EnsembleOptions sampler;           ///< 100 walkers x 600 steps
  int burn_in = 100;
  int ensembles = 4;                 ///< independent ensembles: the first is the published one, all serve the convergence tests
  int bootstraps = 500;
};

/// Log likelihood of masses (all >= min_mass_msun), normalised above min_mass_msun. Exact: the sample enters through its
/// sufficient statistics N, sum ln M, sum M; the Schechter normalisation is an upper incomplete gamma function.
double log_likelihood_power_law(double beta, std::span<const double> mass_msun, double min_mass_msun);
double log_likelihood_schechter(double beta, double log_cutoff, std::span<const double> mass_msun, double min_mass_msun);

/// Maximum-likelihood slope of a power law, -1 - N / sum ln(M / M_min), and its asymptotic error (-beta - 1) / sqrt(N).
double maximum_likelihood_beta(std::span<const double> mass_msun, double min_mass_msun);

struct ParameterSummary {
  std::string name;      ///< "beta", "log_cutoff_msun"
  double median = 0, low = 0, high = 0;   ///< 50, 16, 84%
  double mode = 0;       ///< by Gaussian KDE
};

struct MassFunctionFit {
  MassFunctionModel model = MassFunctionModel::power_law;
  int objects = 0;                         ///< selected
  std::vector<EnsembleChain> chains;       ///< one per ensemble
  std::vector<ParameterSummary> parameters;   ///< of all ensembles after burn-in
};

/// Fits the selected masses. Fewer than 3 objects: a fit without chains (objects tells how many).
MassFunctionFit fit_mass_function(MassFunctionModel model, std::span<const double> mass_msun,
                                  const MassFunctionOptions& options, std::uint64_t seed);

/// One cluster as the catalogue gives it.
struct ClusterMass {
  double log_mass_msun = 0, log_mass_error = 0;
  double log_age_yr = 0, log_age_error = 0;
};

/// Masses of the clusters younger than max_age_myr and heavier than min_mass_msun.
std::vector<double> select_masses(std::span<const ClusterMass> clusters, const MassFunctionOptions& options);

/// The published bootstrap: masses and ages redrawn within their errors, the selection applied again, the maximum of the
/// posterior found. One value per parameter and bootstrap: [bootstrap * dimensions + parameter]; NaN where fewer than 3 remain.
std::vector<double> bootstrap_mass_function(MassFunctionModel model, std::span<const ClusterMass> clusters,
                                            const MassFunctionOptions& options, std::uint64_t seed);

/// Draws from a mass function (inverse transform for the power law, rejection for the Schechter cut-off).
std::vector<double> draw_masses(MassFunctionModel model, double beta, double log_cutoff, double min_mass_msun, int count,
                                Random& random);

}  // namespace arcproof::population

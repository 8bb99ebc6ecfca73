// The cluster mass function as published: power law and Schechter above a minimum mass. Claeyssens+2025
// sections 4.4, 5.4.
//
//   p(M | beta)        ~ M^beta                  M_min < M (< M_max)
//   p(M | beta, M_c)   ~ M^beta exp(-M / M_c)    M_min < M (< M_max)
//
// Flat priors -3 < beta < -1, log10 M_min < log10 M_c < 9. The published analysis selects 6.3 < log10 M < 8.2
// but knows no M_max in its likelihood; with M_max given here, the selection and the likelihood both know it
// (a truncated power law).
//
// How long is long enough? The stretch move's autocorrelation time is 27 steps for the power law and 30 to 50
// for the Schechter function (a chain of 500 steps says about 20: it is too short to tell). The published 500
// steps of 100 walkers are thus about 1,500 independent draws, not 50,000, and do not meet the criteria of
// validation/convergence.h; some 4,000 steps do.
#pragma once

#include "engine/core/keys.h"
#include "engine/core/plausible.h"
#include "engine/core/random.h"
#include "engine/inference/ensemble_sampler.h"
#include "engine/inference/summary.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace arcproof::population {

enum class MassFunctionModel { power_law, schechter };

/// As tables and metrics name it: "power_law", "schechter".
const char* name_of(MassFunctionModel model);

/// In the order of a chain's dimensions: "beta", then "log_cutoff_msun" of the Schechter function.
std::vector<std::string> parameter_names(MassFunctionModel model);

inline constexpr double no_max_mass = std::numeric_limits<double>::infinity();

struct MassFunctionOptions {
  double min_mass_msun = 2e6;
  double max_age_myr = 100;
  double beta_low = -3, beta_high = -1;
  double log_cutoff_high = 9;
  inference::EnsembleOptions sampler = {};  ///< 100 walkers x 600 steps
  int burn_in = 100;
  /// Read by studies::fit_published, which knows what convergence is; fit_mass_function takes
  /// `sampler.steps`.
  int max_steps = 0;
  int ensembles = 4;  ///< the first is the published one, all serve the convergence tests
  int bootstraps = 500;
  double max_mass_msun = no_max_mass;  ///< upper edge of the selection and of the normalisation

  void describe(Keys& keys) {
    keys.number("min_mass_msun", min_mass_msun, "Msun", "lower mass limit of the sample",
                plausible::mass_msun);
    std::optional<double> largest;
    if (std::isfinite(max_mass_msun)) largest = max_mass_msun;
    keys.optional_number("max_mass_msun", largest, "Msun", "upper mass limit of the sample; absent: none",
                         plausible::mass_msun);
    max_mass_msun = largest.value_or(no_max_mass);
    keys.check(
        max_mass_msun > min_mass_msun, "max_mass_msun", [this] { return fmt::format("{:g}", max_mass_msun); },
        fmt::format("above the lower mass limit, {:g}", min_mass_msun));
    keys.number("max_age_myr", max_age_myr, "Myr", "upper age limit of the sample", plausible::age_myr);
    keys.interval("beta", beta_low, beta_high, "", "flat prior on the slope", Allowed::between(-20, 20));
    keys.check(
        beta_low < beta_high, "beta", [this] { return fmt::format("{:g} {:g}", beta_low, beta_high); },
        "the low end below the high end");
    keys.check(
        beta_low < -1 || std::isfinite(max_mass_msun), "beta",
        [this] { return fmt::format("{:g} {:g}", beta_low, beta_high); },
        "a low end below -1: without an upper mass limit no flatter power law can be normalised");
    keys.number("log_cutoff_high", log_cutoff_high, "log10 Msun",
                "upper end of the flat prior on log M_c; the lower end is the lower mass limit",
                Allowed::between(0, 20));
    keys.check(
        log_cutoff_high > std::log10(min_mass_msun), "log_cutoff_high",
        [this] { return fmt::format("{:g}", log_cutoff_high); },
        fmt::format("above log10 of the lower mass limit, {:g}", std::log10(min_mass_msun)));
    keys.integer("walkers", sampler.walkers, "", "number of walkers per ensemble (even)",
                 Allowed::between(8, 10000));
    keys.check(
        sampler.walkers % 2 == 0, "walkers", [this] { return std::to_string(sampler.walkers); },
        "an even number");
    keys.integer("steps", sampler.steps, "", "number of steps per walker", Allowed::between(10, 1e7));
    keys.integer("burn_in", burn_in, "", "burn-in steps discarded", Allowed::between(0, 1e7));
    keys.check(
        burn_in < sampler.steps, "burn_in", [this] { return std::to_string(burn_in); },
        fmt::format("less than the steps, {}", sampler.steps));
    keys.integer("max_steps", max_steps, "",
                 "maximum steps to which chains are extended until converged, twice as long each time (0 = "
                 "never extend)",
                 Allowed::between(0, 1e6));
    keys.integer("ensembles", ensembles, "", "number of independent ensembles", Allowed::between(2, 64));
    keys.integer("bootstraps", bootstraps, "", "bootstrap realisations of masses and ages; 0: none",
                 Allowed::between(0, 1e6));
  }
};

/// Log likelihood of masses (all within [min_mass_msun, max_mass_msun]), each mass's density [1/Msun]
/// normalised between the two. Exact: the sample enters through its sufficient statistics N, sum ln M, sum M;
/// the Schechter normalisation is an upper incomplete gamma function
/// (engine/core/exponential_integral.h). -infinity where the model has no norm.
double log_likelihood_power_law(double beta, std::span<const double> mass_msun, double min_mass_msun,
                                double max_mass_msun = no_max_mass);
double log_likelihood_schechter(double beta, double log_cutoff, std::span<const double> mass_msun,
                                double min_mass_msun, double max_mass_msun = no_max_mass);

/// Maximum-likelihood slope of a power law, -1 - N / sum ln(M / M_min), and its asymptotic error (-beta - 1)
/// / sqrt(N).
double maximum_likelihood_beta(std::span<const double> mass_msun, double min_mass_msun);
double maximum_likelihood_beta_error(std::span<const double> mass_msun, double min_mass_msun);

struct ParameterSummary : inference::Summary {
  std::string name;  ///< "beta", "log_cutoff_msun"
  double mode = 0;   ///< by Gaussian KDE (as scipy.stats.gaussian_kde)
};

/// Quantiles and mode of a parameter's draws.
ParameterSummary summarise(const std::string& name, const std::vector<double>& draws);

struct MassFunctionFit {
  MassFunctionModel model = MassFunctionModel::power_law;
  int objects = 0;                               ///< selected
  std::vector<inference::EnsembleChain> chains;  ///< one per ensemble
  int burn_in = 0;                               ///< steps of them that the parameters leave out
  std::vector<ParameterSummary> parameters;      ///< of all ensembles after burn-in
};

/// Fits the selected masses. Walkers start from the prior. Ensemble e draws all its numbers from the stream
/// {seed, "mass_function", e}. Fewer than 3 objects: a fit without chains (objects tells how many).
MassFunctionFit fit_mass_function(MassFunctionModel model, std::span<const double> mass_msun,
                                  const MassFunctionOptions& options, std::uint64_t seed);

/// Where the posterior of the selected masses is highest, which under flat priors is the greatest likelihood
/// within the bounds: {beta} or {beta, log_cutoff_msun}. Exact (the likelihood is concave:
/// engine/population/mass_likelihood.h); a sample without a visible cut-off has its maximum at
/// log_cutoff_high. At least one mass.
std::vector<double> maximum_posterior(MassFunctionModel model, std::span<const double> mass_msun,
                                      const MassFunctionOptions& options);

/// One cluster as the catalogue gives it.
struct ClusterMass {
  double log_mass_msun = 0, log_mass_error = 0;
  double log_age_yr = 0, log_age_error = 0;
};

/// Masses [Msun] of the clusters younger than max_age_myr and heavier than min_mass_msun (and lighter than
/// max_mass_msun), in their order. A NaN is never selected.
std::vector<double> select_masses(std::span<const ClusterMass> clusters, const MassFunctionOptions& options);

/// The published bootstrap: masses and ages redrawn within their errors (normal in the logarithm), the
/// selection applied again, the maximum of the posterior found. One value per parameter and bootstrap:
/// [bootstrap * dimensions + parameter]; NaN where fewer than 3 remain. Bootstrap b draws from the stream
/// {seed, "mass_function_bootstrap", b}.
std::vector<double> bootstrap_mass_function(MassFunctionModel model, std::span<const ClusterMass> clusters,
                                            const MassFunctionOptions& options, std::uint64_t seed);

/// Draws masses [Msun] from a mass function (inverse transform for the power law, rejection for the Schechter
/// cut-off). beta < -1 unless max_mass_msun is given; log_cutoff is not read for a power law.
std::vector<double> draw_masses(MassFunctionModel model, double beta, double log_cutoff, double min_mass_msun,
                                int count, Random& random, double max_mass_msun = no_max_mass);

}  // namespace arcproof::population

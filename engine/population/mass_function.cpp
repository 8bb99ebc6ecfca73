#include "engine/population/mass_function.h"

#include "engine/core/error.h"
#include "engine/inference/kernel_density.h"
#include "engine/population/mass_likelihood.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace arcproof::population {
using inference::outside;
using inference::pooled;
namespace {

constexpr int fewest_objects = 3;

int dimensions_of(MassFunctionModel model) { return model == MassFunctionModel::power_law ? 1 : 2; }

void check(const MassFunctionOptions& options) {
  require(options.min_mass_msun > 0 && options.max_mass_msun > options.min_mass_msun,
          "MassFunctionOptions: 0 < min_mass < max_mass");
  require(options.beta_low < options.beta_high, "MassFunctionOptions: beta_low < beta_high");
  require(options.beta_low < -1 || options.max_mass_msun < no_max_mass,
          "MassFunctionOptions: a slope of the prior can be normalised");
  require(options.log_cutoff_high > std::log10(options.min_mass_msun),
          "MassFunctionOptions: log_cutoff_high > log10 min_mass");
  require(options.burn_in >= 0 && options.burn_in < options.sampler.steps,
          "MassFunctionOptions: burn_in is shorter than the chain");
  require(options.ensembles > 0 && options.bootstraps >= 0, "MassFunctionOptions: counts are not negative");
}

MassStatistics statistics_of(std::span<const double> mass_msun, const MassFunctionOptions& options) {
  return mass_statistics(mass_msun, options.min_mass_msun, options.max_mass_msun);
}

// M_min / M_c
double scaled_cutoff(double log_cutoff, const MassStatistics& sample) {
  return std::exp(sample.log_min_mass - log_cutoff * std::numbers::ln10);
}

// The posterior: likelihood times flat priors within their bounds.
inference::LogDensity posterior(MassFunctionModel model, const MassStatistics& sample,
                                const MassFunctionOptions& options) {
  const auto beta_allowed = [options](double b) { return b > options.beta_low && b < options.beta_high; };
  if (model == MassFunctionModel::power_law)
    return [=](std::span<const double> at) {
      return beta_allowed(at[0]) ? log_likelihood_power_law(at[0], sample) : outside;
    };
  const double low = std::log10(options.min_mass_msun), high = options.log_cutoff_high;
  return [=](std::span<const double> at) {
    if (!beta_allowed(at[0]) || !(at[1] > low && at[1] < high)) return outside;
    return log_likelihood_schechter(at[0], scaled_cutoff(at[1], sample), sample);
  };
}

// One draw from the prior where the posterior is not zero: a power law without upper edge has no norm for
// beta >= -1.
void draw_start(const inference::LogDensity& density, const MassFunctionOptions& options, Random& random,
                std::span<double> start) {
  do {
    start[0] = random.uniform(options.beta_low, options.beta_high);
    if (start.size() > 1)
      start[1] = random.uniform(std::log10(options.min_mass_msun), options.log_cutoff_high);
  } while (density(start) == outside);
}

inference::EnsembleChain run_one(const inference::LogDensity& density, int dimensions,
                                 const MassFunctionOptions& options, std::uint64_t seed, int ensemble) {
  Random random({.seed = seed, .purpose = "mass_function", .realisation = ensemble});
  std::vector<double> start(static_cast<std::size_t>(options.sampler.walkers) * dimensions);
  for (std::size_t at = 0; at < start.size(); at += dimensions)
    draw_start(density, options, random, std::span(start).subspan(at, dimensions));
  return inference::run_ensemble(density, dimensions, start, options.sampler, random);
}

ClusterMass redraw(const ClusterMass& cluster, Random& random) {
  ClusterMass drawn = cluster;
  drawn.log_mass_msun += cluster.log_mass_error * random.normal();
  drawn.log_age_yr += cluster.log_age_error * random.normal();
  return drawn;
}

std::vector<double> one_bootstrap(MassFunctionModel model, std::span<const ClusterMass> clusters,
                                  const MassFunctionOptions& options, Random random) {
  std::vector<ClusterMass> drawn;
  drawn.reserve(clusters.size());
  for (const ClusterMass& cluster : clusters) drawn.push_back(redraw(cluster, random));
  const std::vector<double> masses = select_masses(drawn, options);
  if (masses.size() < fewest_objects)
    return std::vector<double>(dimensions_of(model), std::numeric_limits<double>::quiet_NaN());
  return maximum_posterior(model, masses, options);
}

// Inverse of the cumulative distribution: t^a = 1 - u (1 - r^a), a = beta + 1; t = r^u at a = 0.
double power_law_draw(double beta, double log_range, double u) {
  const double a = beta + 1;
  if (a == 0) return std::exp(u * log_range);
  return std::exp(std::log1p(u * std::expm1(a * log_range)) / a);
}

}  // namespace

ParameterSummary summarise(const std::string& name, const std::vector<double>& draws) {
  return {inference::summary_of(draws), name, inference::binned_kde_mode(draws)};
}

const char* name_of(MassFunctionModel model) {
  return model == MassFunctionModel::power_law ? "power_law" : "schechter";
}

std::vector<std::string> parameter_names(MassFunctionModel model) {
  if (model == MassFunctionModel::power_law) return {"beta"};
  return {"beta", "log_cutoff_msun"};
}

double log_likelihood_power_law(double beta, std::span<const double> mass_msun, double min_mass_msun,
                                double max_mass_msun) {
  return log_likelihood_power_law(beta, mass_statistics(mass_msun, min_mass_msun, max_mass_msun));
}

double log_likelihood_schechter(double beta, double log_cutoff, std::span<const double> mass_msun,
                                double min_mass_msun, double max_mass_msun) {
  const MassStatistics sample = mass_statistics(mass_msun, min_mass_msun, max_mass_msun);
  return log_likelihood_schechter(beta, scaled_cutoff(log_cutoff, sample), sample);
}

double maximum_likelihood_beta(std::span<const double> mass_msun, double min_mass_msun) {
  return -1 - 1 / mass_statistics(mass_msun, min_mass_msun, no_max_mass).mean_log;
}

double maximum_likelihood_beta_error(std::span<const double> mass_msun, double min_mass_msun) {
  return (-maximum_likelihood_beta(mass_msun, min_mass_msun) - 1) /
         std::sqrt(static_cast<double>(mass_msun.size()));
}

MassFunctionFit fit_mass_function(MassFunctionModel model, std::span<const double> mass_msun,
                                  const MassFunctionOptions& options, std::uint64_t seed) {
  check(options);
  MassFunctionFit fit;
  fit.model = model;
  fit.objects = static_cast<int>(mass_msun.size());
  fit.burn_in = options.burn_in;
  if (fit.objects < fewest_objects) return fit;
  const inference::LogDensity density = posterior(model, statistics_of(mass_msun, options), options);
  for (int ensemble = 0; ensemble < options.ensembles; ++ensemble)
    fit.chains.push_back(run_one(density, dimensions_of(model), options, seed, ensemble));
  for (int parameter = 0; parameter < dimensions_of(model); ++parameter)
    fit.parameters.push_back(summarise(parameter_names(model)[static_cast<std::size_t>(parameter)],
                                       pooled(fit.chains, parameter, options.burn_in)));
  return fit;
}

std::vector<double> maximum_posterior(MassFunctionModel model, std::span<const double> mass_msun,
                                      const MassFunctionOptions& options) {
  check(options);
  require(!mass_msun.empty(), "maximum_posterior: at least one mass");
  const MassStatistics sample = statistics_of(mass_msun, options);
  const Bounds beta{options.beta_low, options.beta_high};
  if (model == MassFunctionModel::power_law) return {maximise_power_law(sample, beta)};
  const auto best = maximise_schechter(sample, beta, {scaled_cutoff(options.log_cutoff_high, sample), 1.0});
  return {best.beta, (sample.log_min_mass - std::log(best.x)) / std::numbers::ln10};
}

std::vector<double> select_masses(std::span<const ClusterMass> clusters, const MassFunctionOptions& options) {
  const double max_log_age = std::log10(options.max_age_myr) + 6;
  std::vector<double> masses;
  for (const ClusterMass& cluster : clusters) {
    const double mass = std::pow(10.0, cluster.log_mass_msun);
    if (cluster.log_age_yr < max_log_age && mass > options.min_mass_msun && mass < options.max_mass_msun)
      masses.push_back(mass);
  }
  return masses;
}

std::vector<double> bootstrap_mass_function(MassFunctionModel model, std::span<const ClusterMass> clusters,
                                            const MassFunctionOptions& options, std::uint64_t seed) {
  check(options);
  std::vector<double> values;
  for (int b = 0; b < options.bootstraps; ++b) {
    const Random random({.seed = seed, .purpose = "mass_function_bootstrap", .realisation = b});
    const std::vector<double> best = one_bootstrap(model, clusters, options, random);
    values.insert(values.end(), best.begin(), best.end());
  }
  return values;
}

std::vector<double> draw_masses(MassFunctionModel model, double beta, double log_cutoff, double min_mass_msun,
                                int count, Random& random, double max_mass_msun) {
  require(min_mass_msun > 0 && max_mass_msun > min_mass_msun, "draw_masses: 0 < min_mass < max_mass");
  require(beta < -1 || max_mass_msun < no_max_mass, "draw_masses: beta < -1 without an upper edge");
  const double log_range = std::log(max_mass_msun / min_mass_msun);
  const bool cut = model == MassFunctionModel::schechter;
  const double cutoff_msun = cut ? std::pow(10.0, log_cutoff) : no_max_mass;
  std::vector<double> masses;
  while (static_cast<int>(masses.size()) < count) {
    const double mass =
        std::min(max_mass_msun, min_mass_msun * power_law_draw(beta, log_range, random.uniform()));
    if (!cut || random.uniform() < std::exp((min_mass_msun - mass) / cutoff_msun)) masses.push_back(mass);
  }
  return masses;
}

}  // namespace arcproof::population

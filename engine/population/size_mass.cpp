#include "engine/population/size_mass.h"

#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "engine/population/dynamics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace arcproof::population {
using inference::outside;
using inference::pooled;
namespace {

constexpr int dimensions = 5;
constexpr int fewest_sizes = 5;
constexpr std::array names = {"intercept", "slope", "scatter_dex", "mean_log_mass", "mass_spread_dex"};

double log_normal_density(double deviation, double variance) {
  return -0.5 * (deviation * deviation / variance + std::log(2 * std::numbers::pi * variance));
}

// ln Phi(z); far out the first terms of the asymptotic series (relative error 15 / z^6, below 1e-5 there).
double log_normal_cdf(double z) {
  if (z > -20) return std::log(0.5 * std::erfc(-z / std::numbers::sqrt2));
  const double q = 1 / (z * z);
  return -0.5 * z * z - std::log(-z) - 0.5 * std::log(2 * std::numbers::pi) + std::log1p(-q + 3 * q * q);
}

void check(std::span<const SizeAndMass> clusters) {
  for (const SizeAndMass& c : clusters)
    require(std::isfinite(c.log_mass_msun) && std::isfinite(c.log_radius_pc) && c.log_mass_error >= 0 &&
                c.log_radius_error >= 0 && std::isfinite(c.log_mass_error) &&
                std::isfinite(c.log_radius_error),
            "fit_size_mass: masses, sizes and errors are finite, errors not negative");
}

std::array<Bounds, dimensions> box(const SizeMassOptions& o) {
  return {o.intercept, o.slope, o.scatter, o.mean_log_mass, o.mass_spread};
}

inference::LogDensity posterior(std::span<const SizeAndMass> clusters, const SizeMassOptions& options) {
  return [=, bounds = box(options)](std::span<const double> theta) {
    for (int i = 0; i < dimensions; ++i)
      if (!(theta[i] > bounds[i].low && theta[i] < bounds[i].high)) return outside;
    return log_likelihood_size_mass(theta, clusters, options.pivot_log_mass);
  };
}

// Least-squares line of the measured sizes, and the spreads about it and of the masses.
std::array<double, dimensions> first_guess(std::span<const SizeAndMass> clusters, double pivot) {
  std::vector<double> x, y;
  for (const SizeAndMass& c : clusters)
    if (!c.upper_limit) {
      x.push_back(c.log_mass_msun - pivot);
      y.push_back(c.log_radius_pc);
    }
  const double mx = statistics::mean(x), my = statistics::mean(y);
  double xx = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    xy += (x[i] - mx) * (y[i] - my);
  }
  const double slope = xx > 0 ? xy / xx : 0;
  return {my - slope * mx, slope, 0.7 * statistics::standard_deviation(y), mx + pivot,
          statistics::standard_deviation(x)};
}

inference::EnsembleChain run_one(std::span<const SizeAndMass> clusters, const SizeMassOptions& options,
                                 std::uint64_t seed, int ensemble) {
  Random random({.seed = seed, .purpose = "size_mass", .realisation = ensemble});
  const std::array guess = first_guess(clusters, options.pivot_log_mass);
  const std::array bounds = box(options);
  std::vector<double> start;
  for (int walker = 0; walker < options.sampler.walkers; ++walker)
    for (int i = 0; i < dimensions; ++i) {
      const double width = bounds[i].high - bounds[i].low;
      const double value = guess[i] + 0.1 * random.normal();
      // Inside the box, and no two alike where the guess lies beyond it.
      const double margin = 0.01 * width * (1 + random.uniform());
      start.push_back(std::clamp(value, bounds[i].low + margin, bounds[i].high - margin));
    }
  return inference::run_ensemble(posterior(clusters, options), dimensions, start, options.sampler, random);
}

}  // namespace

double log_likelihood_size_mass(std::span<const double> theta, std::span<const SizeAndMass> clusters,
                                double pivot_log_mass) {
  require(theta.size() == dimensions, "log_likelihood_size_mass: five parameters");
  const double a = theta[0], b = theta[1], scatter = theta[2], mean = theta[3], spread = theta[4];
  const double spread2 = spread * spread, scatter2 = scatter * scatter;
  double sum = 0;
  for (const SizeAndMass& c : clusters) {
    const double dx = c.log_mass_msun - mean, var_x = spread2 + c.log_mass_error * c.log_mass_error;
    const double expected = a + b * (mean - pivot_log_mass) + b * spread2 / var_x * dx;
    const double var_y =
        b * b * spread2 * (1 - spread2 / var_x) + scatter2 + c.log_radius_error * c.log_radius_error;
    const double dy = c.log_radius_pc - expected;
    sum += log_normal_density(dx, var_x) +
           (c.upper_limit ? log_normal_cdf(dy / std::sqrt(var_y)) : log_normal_density(dy, var_y));
  }
  return sum;
}

SizeMassFit fit_size_mass(std::span<const SizeAndMass> clusters, const SizeMassOptions& options,
                          std::uint64_t seed) {
  check(clusters);
  require(options.burn_in >= 0 && options.burn_in < options.sampler.steps && options.ensembles > 0,
          "SizeMassOptions: burn_in is shorter than the chain");
  SizeMassFit fit;
  fit.objects = static_cast<int>(clusters.size());
  fit.upper_limits = static_cast<int>(
      std::count_if(clusters.begin(), clusters.end(), [](const SizeAndMass& c) { return c.upper_limit; }));
  if (fit.objects - fit.upper_limits < fewest_sizes) return fit;
  fit.chains.resize(options.ensembles);
  parallel_for(fit.chains.size(), options.threads,
               [&](std::size_t e) { fit.chains[e] = run_one(clusters, options, seed, static_cast<int>(e)); });
  for (int i = 0; i < dimensions; ++i)
    fit.parameters.push_back(summarise(names[i], pooled(fit.chains, i, options.burn_in)));
  return fit;
}

double bound_probability(const BoundCluster& cluster) {
  const SizeAndMass& c = cluster.size_and_mass;
  const double age_myr = std::pow(10.0, cluster.log_age_yr - 6);
  const double log_pi = std::log10(dynamical_age(
      age_myr, {.mass_msun = std::pow(10.0, c.log_mass_msun), .radius_pc = std::pow(10.0, c.log_radius_pc)}));
  const double size_error = c.upper_limit ? 0.0 : 1.5 * c.log_radius_error;
  const double error = std::hypot(cluster.log_age_error, size_error, 0.5 * c.log_mass_error);
  if (error == 0) return log_pi > 0 ? 1 : 0;
  return statistics::normal_cdf(log_pi / error);
}

BoundFraction bound_fraction(std::span<const BoundCluster> clusters) {
  BoundFraction result;
  result.clusters = static_cast<int>(clusters.size());
  double variance = 0;
  for (const BoundCluster& cluster : clusters) {
    const double p = bound_probability(cluster);
    result.fraction += p;
    variance += p * (1 - p);
  }
  result.fraction /= result.clusters;
  result.error = std::sqrt(variance) / result.clusters;
  return result;
}

}  // namespace arcproof::population

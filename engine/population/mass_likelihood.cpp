#include "engine/population/mass_likelihood.h"

#include "engine/core/error.h"
#include "engine/core/exponential_integral.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <boost/math/tools/toms748_solve.hpp>

namespace arcproof::population {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Where a falling function crosses zero, or the bound that lies nearest to it.
template <class Function>
double falling_root(const Function& function, Bounds bounds) {
  const double at_low = function(bounds.low);
  if (!(at_low > 0)) return bounds.low;
  const double at_high = function(bounds.high);
  if (!(at_high < 0)) return bounds.high;
  std::uintmax_t iterations = 100;
  const auto close = [](double a, double b) { return std::abs(a - b) < 1e-13 * (1 + std::abs(a)); };
  const auto [low, high] = boost::math::tools::toms748_solve(function, bounds.low, bounds.high, at_low,
                                                             at_high, close, iterations);
  return 0.5 * (low + high);
}

// E[t] under the model: Z(beta + 1, x) / Z(beta, x).
double expected_mean(double beta, double x, double log_range) {
  return schechter_normalisation(beta + 1, x, log_range) / schechter_normalisation(beta, x, log_range);
}

// E[ln t] under the model: d ln Z / d beta. The fourth-order difference errs by h^4/30 times the fifth
// cumulant of ln t, below 1e-11 here, and by 1e-12 through rounding.
template <class LogNormalisation>
double expected_mean_log(const LogNormalisation& log_z, double beta) {
  constexpr double h = 1e-3;
  return (8 * (log_z(beta + h) - log_z(beta - h)) - (log_z(beta + 2 * h) - log_z(beta - 2 * h))) / (12 * h);
}

// The x of greatest likelihood for a given beta. Searched in ln x, over which M_c ranges by decades.
double best_x(double beta, const MassStatistics& sample, Bounds x) {
  const auto excess = [&](double log_x) {
    return expected_mean(beta, std::exp(log_x), sample.log_range) - sample.mean;
  };
  const double log_x = falling_root(excess, {std::log(x.low), std::log(x.high)});
  return std::clamp(std::exp(log_x), x.low, x.high);
}

// E[ln t] of a truncated power law with a = beta + 1: ln r / (1 - r^-a) - 1/a; the limit ln r / 2 at a = 0 by
// its series.
double truncated_mean_log(double beta, double log_range) {
  const double u = (beta + 1) * log_range;
  if (std::abs(u) < 1e-3) return log_range * (0.5 + u / 12);
  return log_range * (-1 / std::expm1(-u) - 1 / u);
}

}  // namespace

MassStatistics mass_statistics(std::span<const double> mass_msun, double min_mass_msun,
                               double max_mass_msun) {
  require(min_mass_msun > 0 && max_mass_msun > min_mass_msun, "mass_statistics: 0 < M_min < M_max");
  MassStatistics sample;
  sample.log_min_mass = std::log(min_mass_msun);
  sample.log_range = std::log(max_mass_msun / min_mass_msun);
  for (const double mass : mass_msun) {
    require(mass >= min_mass_msun && mass <= max_mass_msun, "mass_statistics: masses lie within the limits");
    sample.mean_log += std::log(mass / min_mass_msun);
    sample.mean += mass / min_mass_msun;
  }
  sample.count = static_cast<int>(mass_msun.size());
  if (sample.count == 0) return sample;
  sample.mean_log /= sample.count;
  sample.mean /= sample.count;
  return sample;
}

double power_law_normalisation(double beta, double log_range) {
  const double a = beta + 1;
  if (log_range == infinity) return a < 0 ? -1 / a : infinity;
  return a == 0 ? log_range : std::expm1(a * log_range) / a;
}

double schechter_normalisation(double beta, double x, double log_range) {
  const double whole = generalised_exponential_integral(-beta, x);
  if (log_range == infinity) return whole;
  const double cut = generalised_exponential_integral(-beta, x * std::exp(log_range));
  return cut == 0 ? whole : whole - std::exp((beta + 1) * log_range) * cut;
}

double log_likelihood_power_law(double beta, const MassStatistics& sample) {
  const double z = power_law_normalisation(beta, sample.log_range);
  return sample.count * (beta * sample.mean_log - std::log(z) - sample.log_min_mass);
}

double log_likelihood_schechter(double beta, double x, const MassStatistics& sample) {
  const double z = schechter_normalisation(beta, x, sample.log_range);
  return sample.count * (beta * sample.mean_log - x * sample.mean - std::log(z) - sample.log_min_mass);
}

double maximise_power_law(const MassStatistics& sample, Bounds beta) {
  if (sample.log_range == infinity) return std::clamp(-1 - 1 / sample.mean_log, beta.low, beta.high);
  return falling_root([&](double b) { return sample.mean_log - truncated_mean_log(b, sample.log_range); },
                      beta);
}

// d/dbeta of the likelihood maximised over x is the partial derivative at that x (envelope theorem), and
// falls with beta because the maximum of a concave function over one of its arguments is concave in the
// other.
SchechterMaximum maximise_schechter(const MassStatistics& sample, Bounds beta, Bounds x) {
  const auto score = [&](double b) {
    const double at = best_x(b, sample, x);
    const auto log_z = [&](double slope) {
      return std::log(schechter_normalisation(slope, at, sample.log_range));
    };
    return sample.mean_log - expected_mean_log(log_z, b);
  };
  const double best = falling_root(score, beta);
  return {best, best_x(best, sample, x)};
}

}  // namespace arcproof::population

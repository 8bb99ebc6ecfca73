#include "reports/drawing/mass_curves.h"

#include "engine/core/statistics.h"
#include "reports/drawing/gnuplot.h"

#include <cmath>

namespace arcproof::reports {
namespace {

constexpr std::size_t most_draws = 400, grid_points = 61;
constexpr int steps_a_decade = 60;

}  // namespace

// With u = ln(M / M_min) the integrand M^beta dM becomes exp((beta + 1) u) du. A pure power law has its
// integral in closed form; with a cut-off the integral ends where exp(-M / M_c) is nothing.
std::vector<double> cumulative_counts(double beta, double log_cutoff, double min_mass_msun, double total,
                                      const std::vector<double>& log_mass) {
  const double log_min = std::log10(min_mass_msun), slope = beta + 1;
  std::vector<double> result;
  if (!std::isfinite(log_cutoff)) {
    for (const double m : log_mass) result.push_back(total * std::pow(10, slope * std::fmax(0, m - log_min)));
    return result;
  }
  const auto density = [&](double m) {
    return std::exp(slope * std::log(10.0) * (m - log_min) - std::pow(10, m - log_cutoff));
  };
  const auto integral_above = [&](double from) {
    const double to = std::fmax(log_cutoff, from) + 2;
    const int steps = static_cast<int>(std::ceil((to - from) * steps_a_decade));
    const double h = (to - from) / steps;
    double sum = 0.5 * (density(from) + density(to));
    for (int k = 1; k < steps; ++k) sum += density(from + k * h);
    return sum * h;
  };
  const double all = integral_above(log_min);
  for (const double m : log_mass) result.push_back(total * integral_above(std::fmax(m, log_min)) / all);
  return result;
}

CurveBand cumulative_band(const std::vector<double>& beta, const std::vector<double>& log_cutoff,
                          double min_mass_msun, double total, double log_mass_high) {
  CurveBand band;
  if (beta.empty() || !(min_mass_msun > 0)) return band;
  const double low = std::log10(min_mass_msun), high = std::fmax(log_mass_high, low + 0.5);
  for (std::size_t k = 0; k < grid_points; ++k)
    band.log_mass.push_back(low + (high - low) * static_cast<double>(k) / (grid_points - 1));
  std::vector<std::vector<double>> at(grid_points);
  for (const std::size_t i : thinned(beta.size(), most_draws)) {
    const auto counts = cumulative_counts(beta[i], log_cutoff.empty() ? HUGE_VAL : log_cutoff[i],
                                          min_mass_msun, total, band.log_mass);
    for (std::size_t k = 0; k < grid_points; ++k) at[k].push_back(counts[k]);
  }
  const double points[] = {0.16, 0.5, 0.84};
  for (const auto& values : at) {
    const auto q = statistics::quantiles(values, points);
    band.low.push_back(q[0]);
    band.median.push_back(q[1]);
    band.high.push_back(q[2]);
  }
  return band;
}

}  // namespace arcproof::reports

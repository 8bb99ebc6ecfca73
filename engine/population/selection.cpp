#include "engine/population/selection.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace arcproof::population {
namespace {

constexpr double effective_per_object = 4;
constexpr double most_uncovered = 0.01;
constexpr double largest_shift = 0.2;  // sigma of the slope
constexpr double outermost = 0.05;

std::vector<WeightedMass> found_terms(const LogMassGrid& grid, std::span<const Injection> injections) {
  const double top = grid.low + grid.cells * grid.step;
  std::vector<WeightedMass> terms;
  for (const Injection& i : injections) {
    require(std::isfinite(i.log_mass_msun) && std::isfinite(i.log_draw_density) && i.weight >= 0,
            "Selection: injections have a mass, a draw density and a weight");
    if (i.found && i.log_mass_msun >= grid.low && i.log_mass_msun <= top)
      terms.push_back({i.log_mass_msun, i.weight * std::exp(-i.log_draw_density)});
  }
  return terms;
}

double fraction_found(std::span<const Injection* const> some) {
  const auto found = std::count_if(some.begin(), some.end(), [](const Injection* i) { return i->found; });
  return static_cast<double>(found) / static_cast<double>(some.size());
}

// int p dl from one mass to another by Simpson's rule in steps of at most a hundredth of a dex.
double probability_between(const LogMassDensity& p, double from, double to) {
  from = std::max(from, p.low);
  to = std::min(to, p.high);
  if (!(to > from)) return 0;
  const int intervals = 2 * (1 + static_cast<int>((to - from) / 0.02));
  const double h = (to - from) / intervals;
  double sum = std::exp(p.smooth_log(from)) + std::exp(p.smooth_log(to));
  for (int i = 1; i < intervals; ++i) sum += (i % 2 ? 4 : 2) * std::exp(p.smooth_log(from + i * h));
  return sum * h / 3;
}

// How far the slope of a power law moves, in its own sigma, where the share u is not known to be there.
double shift_of_slope(double u, int objects) {
  return u > 0 ? std::sqrt(static_cast<double>(objects)) * u * std::log(1 / std::min(u, 1.0)) : 0.0;
}

}  // namespace

Selection::Selection(const LogMassGrid& grid, std::span<const Injection> injections)
    : drawn_(static_cast<int>(injections.size())), sum_(grid, found_terms(grid, injections)) {
  require(!injections.empty(), "Selection: at least one injection");
  std::vector<const Injection*> order;
  for (const Injection& i : injections) order.push_back(&i);
  std::stable_sort(order.begin(), order.end(), [](const Injection* a, const Injection* b) {
    return a->log_mass_msun < b->log_mass_msun;
  });
  const std::size_t some = 1 + static_cast<std::size_t>(outermost * static_cast<double>(order.size() - 1));
  lowest_ = order.front()->log_mass_msun;
  highest_ = order.back()->log_mass_msun;
  found_at_lowest_ = fraction_found(std::span(order).first(some));
  found_at_highest_ = fraction_found(std::span(order).last(some));
  found_ = static_cast<int>(std::count_if(order.begin(), order.end(), [](auto* i) { return i->found; }));
}

SelectionIntegral Selection::from_sums(double sum, double sum_of_squares) const {
  const double mean = sum / drawn_;
  const double variance = std::max(0.0, sum_of_squares / drawn_ - mean * mean) / drawn_;
  return {mean, variance, variance > 0 ? mean * mean / variance : 0.0};
}

SelectionIntegral Selection::integral(const GriddedDensity& p) const {
  return from_sums(sum_.sum(p), sum_.sum_of_squares(p));
}

SelectionIntegral Selection::direct_integral(const LogMassDensity& p) const {
  return from_sums(sum_.direct_sum(p), sum_.direct_sum_of_squares(p));
}

double Selection::uncovered(const LogMassDensity& p, const SelectionIntegral& integral) const {
  const double far = std::isfinite(p.high) ? p.high : highest_ + 6;
  const double beyond = found_at_lowest_ * probability_between(p, p.low, lowest_) +
                        found_at_highest_ * probability_between(p, highest_, far);
  return beyond == 0 ? 0.0 : beyond / (beyond + integral.xi);
}

SelectionVerdict judge_selection(const SelectionIntegral& integral, double uncovered, int objects,
                                 int injections) {
  SelectionVerdict verdict;
  const double wanted = effective_per_object * objects;
  verdict.effective_injections = integral.effective_injections;
  verdict.injections_needed = injections * wanted / std::max(integral.effective_injections, 1.0);
  verdict.uncovered = uncovered;
  if (!(integral.effective_injections > wanted)) {
    verdict.status = SelectionStatus::too_few_injections;
    verdict.message = fmt::format(
        "too few injections: N_eff = {:.3g}, {:.0f} needed for {} objects; need about {:.2g} injections, "
        "have {}",
        integral.effective_injections, wanted, objects, verdict.injections_needed, injections);
  } else if (uncovered > most_uncovered || shift_of_slope(uncovered, objects) > largest_shift) {
    verdict.status = SelectionStatus::injections_do_not_cover;
    verdict.message = fmt::format(
        "injections do not cover the population: {:.2g} of the selected clusters have masses that were never "
        "injected, which moves the slope by about {:.1f} sigma",
        uncovered, shift_of_slope(uncovered, objects));
  }
  return verdict;
}

}  // namespace arcproof::population

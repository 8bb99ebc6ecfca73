#include "engine/sed/fits/prior_sensitivity.h"

#include "engine/core/missing.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace arcproof::sed {
namespace {

double weighted_median(std::vector<std::pair<double, double>> values_and_weights) {
  std::sort(values_and_weights.begin(), values_and_weights.end());
  double all = 0, sum = 0;
  for (const auto& [value, weight] : values_and_weights) all += weight;
  for (const auto& [value, weight] : values_and_weights)
    if ((sum += weight) >= 0.5 * all) return value;
  return nan;
}

bool moves(const PosteriorSummary& summary, double other) {
  constexpr double least_dex = 0.2;
  const double shift = std::abs(other - summary.median), half_width = 0.5 * (summary.high - summary.low);
  return shift > least_dex && shift > 0.5 * half_width;
}

}  // namespace

PriorSensitivity prior_sensitivity(const SedPosterior& fit, AgePrior used) {
  if (fit.draws.empty()) return {nan, nan, false};
  const double power = used == AgePrior::uniform ? -1 : 1;
  std::vector<std::pair<double, double>> ages, masses;
  for (const PosteriorDraw& draw : fit.draws) {
    const double weight = std::pow(10, power * (draw.log_age_yr - fit.log_age_yr.median));
    ages.emplace_back(draw.log_age_yr, weight);
    masses.emplace_back(draw.log_mass_msun, weight);
  }
  PriorSensitivity result{weighted_median(ages), weighted_median(masses), false};
  result.prior_dominated =
      moves(fit.log_age_yr, result.log_age_yr) || moves(fit.log_mass_msun, result.log_mass_msun);
  return result;
}

}  // namespace arcproof::sed

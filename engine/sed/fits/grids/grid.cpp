#include "engine/sed/fits/grids/grid.h"

#include "engine/core/error.h"

#include <cmath>

namespace arcproof::sed {
namespace {

/// Number of steps from `first` that stay at or below `last`; a step that lands on `last` up to rounding is
/// one.
int steps(double first, double last, double step) {
  require(step > 0, "GridAxes: steps > 0");
  return last < first ? 0 : static_cast<int>(std::floor((last - first) / step + 1e-9)) + 1;
}

std::vector<double> ages_myr(const GridAxes& axes, double age_of_universe_myr) {
  const int count = steps(axes.log_age_yr_min, std::log10(age_of_universe_myr) + 6, axes.log_age_yr_step);
  std::vector<double> ages;
  ages.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    ages.push_back(std::pow(10, axes.log_age_yr_min + i * axes.log_age_yr_step - 6));
  return ages;
}

std::vector<double> reddenings(const GridAxes& axes) {
  std::vector<double> ebv(static_cast<std::size_t>(steps(0, axes.ebv_max_mag, axes.ebv_step_mag)));
  for (std::size_t i = 0; i < ebv.size(); ++i) ebv[i] = static_cast<double>(i) * axes.ebv_step_mag;
  return ebv;
}

std::vector<Population> unreddened_models(const GridAxes& axes, double z, double age_of_universe_myr) {
  constexpr double solar = 0.02;
  std::vector<Population> models;
  for (const double metallicity : axes.metallicity) {
    if (z > axes.solar_dropped_above_z && metallicity >= solar) continue;
    for (const StarFormation& history : axes.histories)
      for (const double age : ages_myr(axes, age_of_universe_myr))
        models.push_back({age, metallicity, 0, history});
  }
  return models;
}

std::vector<bool> usable_bands(const BandSynthesis& synthesis, double lyman_alpha_dropped_above_z) {
  std::vector<bool> usable;
  const bool drop = synthesis.z() > lyman_alpha_dropped_above_z;
  for (std::size_t b = 0; b < synthesis.bands(); ++b)
    usable.push_back(!synthesis.outside_library()[b] && !(drop && synthesis.at_or_below_lyman_alpha()[b]));
  return usable;
}

}  // namespace

ModelGrid build_grid(const BandSynthesis& synthesis, const GridAxes& axes, const sky::Cosmology& cosmology) {
  const std::vector<Population> plain =
      unreddened_models(axes, synthesis.z(), cosmology.age_myr(synthesis.z()));
  const std::vector<double> ebv = reddenings(axes);
  ModelGrid grid;
  grid.z = synthesis.z();
  for (const Filter& filter : synthesis.filters()) grid.bands.push_back(filter.band);
  grid.usable_band = usable_bands(synthesis, axes.lyman_alpha_dropped_above_z);
  grid.flux_njy_per_msun = synthesis.many_fluxes_njy_per_msun(plain, ebv);
  for (const Population& population : plain)
    for (const double reddening : ebv)
      grid.models.push_back({population.age_myr, population.metallicity, reddening, population.history});
  return grid;
}

}  // namespace arcproof::sed

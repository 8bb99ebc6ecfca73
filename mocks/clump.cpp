#include "mocks/clump.h"

#include "engine/core/error.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>

namespace arcproof::mocks {

double uniform_in_log(const Range& range, Random& random) {
  return std::exp(random.uniform(std::log(range.low), std::log(range.high)));
}

Clump draw_clump(const PopulationOptions& options, double z, double age_of_universe_myr, Random& random) {
  require(!options.metallicity.empty(), "draw_clump: at least one metallicity");
  Clump clump;
  clump.z = z;
  clump.radius_pc = uniform_in_log(options.radius_pc, random);
  clump.axis_ratio = random.uniform(options.axis_ratio.low, options.axis_ratio.high);
  clump.angle_rad = random.uniform(0, units::pi);
  clump.mass_msun = uniform_in_log(options.mass_msun, random);
  const double oldest = std::min(options.age_myr.high, age_of_universe_myr);
  clump.population.age_myr = uniform_in_log({std::min(options.age_myr.low, oldest), oldest}, random);
  clump.population.metallicity = options.metallicity[random.index(options.metallicity.size())];
  clump.population.ebv_mag = random.uniform(options.ebv_mag.low, options.ebv_mag.high);
  clump.population.history = options.history;
  return clump;
}

}  // namespace arcproof::mocks

#include "engine/population/dynamics.h"

#include "engine/core/units.h"

#include <cmath>

namespace arcproof::population {

// sqrt(R^3 / (G M)) comes out in pc / (km/s).
double crossing_time_myr(const MassAndRadius& cluster) {
  const double r = cluster.radius_pc, gm = units::gravitational_constant_pc_km2_s2_msun * cluster.mass_msun;
  return 10 * std::sqrt(r * r * r / gm) * units::kilometre_per_parsec / units::second_per_myr;
}

double dynamical_age(double age_myr, const MassAndRadius& cluster) {
  return age_myr / crossing_time_myr(cluster);
}

}  // namespace arcproof::population

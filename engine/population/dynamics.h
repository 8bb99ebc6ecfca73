// Crossing times of star clusters.
//
//   tau = 10 sqrt(R^3 / (G M)),    Pi = age / tau,
//
// R the half-light radius, M the mass. A cluster is bound if Pi > 1: it has lived for more than a crossing
// time, which an association that flies apart has not (Gieles & Portegies Zwart 2011, MNRAS 410, L6).
#pragma once

namespace arcproof::population {

struct MassAndRadius {
  double mass_msun = 0;
  double radius_pc = 0;
};

double crossing_time_myr(const MassAndRadius& cluster);

/// Pi, which has no unit.
double dynamical_age(double age_myr, const MassAndRadius& cluster);

}  // namespace arcproof::population

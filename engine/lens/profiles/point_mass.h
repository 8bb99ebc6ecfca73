// A point mass (Lenstool's profile 7).
//
//   psi = theta_E^2 ln r,   alpha = theta_E^2 / r,   kappa = 0 away from the centre
// with theta_E the Einstein radius at D_LS / D_S = 1: theta_E^2 = 4 G M / (c^2 D_L) in radians^2 (Schneider,
// Ehlers & Falco 1992, eq. 2.6a).
#pragma once

#include "engine/lens/profiles/dual_pie.h"

namespace arcproof::lens {

struct PointMass {
  Vector2 centre_arcsec = {};
  double einstein_radius_arcsec = 0;  ///< at D_LS / D_S = 1; >= 0
};

/// theta_E [arcsec] of a mass at angular diameter distance D_L. Accuracy: that of G M_sun / c^2 = 1.4766250
/// km.
double point_mass_einstein_radius_arcsec(double mass_msun, double lens_distance_mpc);

/// At D_LS / D_S = 1, frame of dual_pie.h. At the centre itself the deflection is 0 (by symmetry) and the
/// other two are those of a point 1e-12 arcsec away. Potential in arcsec^2.
double potential(const PointMass& mass, Vector2 theta_arcsec);
Vector2 deflection(const PointMass& mass, Vector2 theta_arcsec);
Hessian hessian(const PointMass& mass, Vector2 theta_arcsec);

}  // namespace arcproof::lens

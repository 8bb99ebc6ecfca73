// Singular isothermal lenses: the sphere (SIS), the elliptical potential (Lenstool's profile 1) and the
// elliptical mass (SIE, Lenstool's profile -1).
//
// b0 = 4 pi (sigma / c)^2 is the Einstein radius of the sphere at D_LS / D_S = 1; u along the major axis.
//   profile 1:   psi = b0 R,  R^2 = (1 - eps) u^2 + (1 + eps) v^2,
//                kappa = b0 (1 - eps^2) (u^2 + v^2) / (2 R^3)         (peanut-shaped for eps > 1/5)
//   SIE:         kappa = b0 / (2 sqrt((1 - e) u^2 + (1 + e) v^2)),  e = (a^2 - b^2) / (a^2 + b^2),
//                alpha_u = b0 / sqrt(2 e) asin(sqrt(2 e / (1 + e)) cos phi),
//                alpha_v = b0 / sqrt(2 e) asinh(sqrt(2 e / (1 - e)) sin phi)   (Kormann+1994, eq. 27)
// Lenstool derives eps of profile 1 from the ellipticity of the mass by eps = e / 3. Every isothermal lens
// psi = r F(phi) has psi_rr = 0: its Hessian is 2 kappa times the projector across the radius.
#pragma once

#include "engine/lens/profiles/dual_pie.h"

namespace arcproof::lens {

/// SIS for epsilon = 0, else Lenstool's profile 1.
struct IsothermalPotential {
  Vector2 centre_arcsec = {};
  double epsilon = 0;    ///< of the potential; 0 <= epsilon < 1
  double angle_rad = 0;  ///< major axis of the mass, counter-clockwise from +x
  double velocity_dispersion_km_s = 0;

  double b0_arcsec() const;
};

/// SIE: elliptical in mass.
struct IsothermalEllipsoid {
  Vector2 centre_arcsec = {};
  double ellipticity = 0;  ///< e = (a^2 - b^2) / (a^2 + b^2); 0 <= e < 1
  double angle_rad = 0;    ///< major axis, counter-clockwise from +x
  double velocity_dispersion_km_s = 0;

  double b0_arcsec() const;
};

/// At D_LS / D_S = 1, frame of dual_pie.h, to a few units in the last place. At the singular centre the
/// deflection is 0 (by symmetry) and the Hessian is that of a point 1e-12 arcsec away. Potential in arcsec^2.
/// ContractError for parameters outside the ranges above.
double potential(const IsothermalPotential& lens, Vector2 theta_arcsec);
Vector2 deflection(const IsothermalPotential& lens, Vector2 theta_arcsec);
Hessian hessian(const IsothermalPotential& lens, Vector2 theta_arcsec);
double potential(const IsothermalEllipsoid& lens, Vector2 theta_arcsec);
Vector2 deflection(const IsothermalEllipsoid& lens, Vector2 theta_arcsec);
Hessian hessian(const IsothermalEllipsoid& lens, Vector2 theta_arcsec);

}  // namespace arcproof::lens

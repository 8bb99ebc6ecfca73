// The dual pseudo-isothermal elliptical mass distribution (dPIE, Lenstool's profile 81).
//
// Surface density in units of the critical one, at D_LS / D_S = 1, with R^2 = u^2/(1+eps)^2 + v^2/(1-eps)^2
// about the centre along the axes of the potential:
//   kappa(R) = (f / 2) [ 1/sqrt(rcore^2 + R^2) - 1/sqrt(rcut^2 + R^2) ],  f = b0 rcut / (rcut - rcore).
// Kassiola & Kovner (1993) give its deflection in closed form; Eliasdottir et al. (2007) the two-radius form.
//
// Frame: arcsec, +x towards WEST, +y towards North. All deflections and second derivatives are for D_LS / D_S
// = 1.
#pragma once

#include <cmath>
#include <string>

namespace arcproof::lens {

/// A position or a displacement in the lens frame [arcsec].
struct Vector2 {
  double x = 0;
  double y = 0;
};

inline double length(Vector2 v) { return std::hypot(v.x, v.y); }

/// Second derivatives of the potential [dimensionless].
struct Hessian {
  double xx = 0;
  double xy = 0;
  double yy = 0;
};

/// One dPIE (Kassiola & Kovner 1993; Eliasdottir+2007). Radii and b0 in arcsec.
struct DualPie {
  std::string id = {};
  Vector2 centre_arcsec = {};
  double ellipticity = 0;         ///< of the mass, e = (a^2 - b^2) / (a^2 + b^2); 0 <= e < 1
  double angle_rad = 0;           ///< major axis, counter-clockwise from +x
  double core_radius_arcsec = 0;  ///< >= 0, below cut_radius
  double cut_radius_arcsec = 0;
  double velocity_dispersion_km_s = 0;

  /// Einstein radius scale 6 pi (sigma / c)^2 [arcsec].
  double b0_arcsec() const;
  /// eps = (1 - sqrt(1 - e^2)) / e of Kassiola & Kovner; 0 for e = 0. Below 2e-4 the circular form is used,
  /// as Lenstool does: there the field errs by up to eps of itself.
  double epsilon() const;
};

/// Deflection [arcsec] and Hessian of one dPIE at D_LS / D_S = 1. Double precision: the deflection within
/// 1e-13 f, the Hessian within 1e-13 f / r, everywhere, the removable singularity of the textbook form at u =
/// 0, v = 2 w s included. With a vanishing core the Hessian diverges at the centre: there the deflection is 0
/// (by symmetry) and the Hessian is that of a point 1e-12 arcsec away. ContractError for parameters outside
/// the ranges above.
Vector2 deflection(const DualPie& potential, Vector2 theta_arcsec);
Hessian hessian(const DualPie& potential, Vector2 theta_arcsec);

}  // namespace arcproof::lens

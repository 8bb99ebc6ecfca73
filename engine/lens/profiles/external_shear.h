// A constant shear and convergence over the field (Lenstool's profile 14).
//
//   psi = gamma (u^2 - v^2) / 2 + kappa (u^2 + v^2) / 2,   u along `angle`, about `centre`
// so that alpha = (kappa + gamma) u along the angle and (kappa - gamma) v across it. The centre adds a
// constant deflection only, which no relative image position sees.
#pragma once

#include "engine/lens/profiles/dual_pie.h"

namespace arcproof::lens {

struct ExternalShear {
  Vector2 centre_arcsec = {};
  double gamma = 0;      ///< at D_LS / D_S = 1
  double angle_rad = 0;  ///< counter-clockwise from +x; images are stretched across it when gamma < 0
  double kappa = 0;      ///< at D_LS / D_S = 1
};

/// At D_LS / D_S = 1, frame of dual_pie.h. Exact. Potential in arcsec^2.
double potential(const ExternalShear& shear, Vector2 theta_arcsec);
Vector2 deflection(const ExternalShear& shear, Vector2 theta_arcsec);
Hessian hessian(const ExternalShear& shear, Vector2 theta_arcsec);

}  // namespace arcproof::lens

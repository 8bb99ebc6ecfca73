// The axes of a potential: what its field there is in the frame of the lens. Private to engine/lens.
#pragma once

#include "engine/lens/profiles/dual_pie.h"

#include <algorithm>
#include <cmath>

namespace arcproof::lens {

/// Where singular profiles are evaluated instead of at their centre [arcsec].
inline constexpr double singular_floor_arcsec = 1e-12;

/// Coordinates along the axes of a potential, and the way back.
class PotentialAxes {
 public:
  PotentialAxes(Vector2 centre, double angle_rad)
      : centre_(centre), cos_(std::cos(angle_rad)), sin_(std::sin(angle_rad)) {}

  Vector2 along(Vector2 theta) const {
    const double dx = theta.x - centre_.x, dy = theta.y - centre_.y;
    return {dx * cos_ + dy * sin_, dy * cos_ - dx * sin_};
  }
  Vector2 back(Vector2 a) const { return {cos_ * a.x - sin_ * a.y, sin_ * a.x + cos_ * a.y}; }
  Hessian back(const Hessian& h) const {
    const double c2 = cos_ * cos_, s2 = sin_ * sin_, cs = cos_ * sin_;
    return {c2 * h.xx - 2 * cs * h.xy + s2 * h.yy, cs * (h.xx - h.yy) + (c2 - s2) * h.xy,
            s2 * h.xx + 2 * cs * h.xy + c2 * h.yy};
  }

 private:
  Vector2 centre_;
  double cos_, sin_;
};

/// A potential psi(R) with elliptical contours, R^2 = (1 - eps) u^2 + (1 + eps) v^2 (Golse & Kneib 2002, eq.
/// 10; Lenstool's profiles 1 and 12). With P = psi'/R and Q = (psi'' - P) / R^2:
///   alpha = P ((1 - eps) u, (1 + eps) v),   psi_uu = (1 - eps) P + (1 - eps)^2 u^2 Q, and so on.
struct EllipticalPotential {
  double epsilon;

  double radius(Vector2 p) const { return std::sqrt((1 - epsilon) * p.x * p.x + (1 + epsilon) * p.y * p.y); }
  Vector2 deflection(double p_radial, Vector2 p) const {
    return {p_radial * (1 - epsilon) * p.x, p_radial * (1 + epsilon) * p.y};
  }
  Hessian hessian(double p_radial, double q_radial, Vector2 p) const {
    const double u = (1 - epsilon) * p.x, v = (1 + epsilon) * p.y;
    return {(1 - epsilon) * p_radial + u * u * q_radial, u * v * q_radial,
            (1 + epsilon) * p_radial + v * v * q_radial};
  }
};

/// The position itself, or one beside a singular centre.
inline Vector2 off_centre(Vector2 p) {
  return std::hypot(p.x, p.y) < singular_floor_arcsec ? Vector2{singular_floor_arcsec, 0} : p;
}

}  // namespace arcproof::lens

#include "engine/lens/profiles/external_shear.h"

#include "engine/core/error.h"
#include "engine/lens/profiles/potential_axes.h"

namespace arcproof::lens {
namespace {

PotentialAxes axes_of(const ExternalShear& s) {
  require(std::isfinite(s.centre_arcsec.x) && std::isfinite(s.centre_arcsec.y) && std::isfinite(s.gamma) &&
              std::isfinite(s.angle_rad) && std::isfinite(s.kappa),
          "ExternalShear: finite numbers");
  return {s.centre_arcsec, s.angle_rad};
}

}  // namespace

double potential(const ExternalShear& s, Vector2 theta) {
  const Vector2 p = axes_of(s).along(theta);
  return 0.5 * ((s.kappa + s.gamma) * p.x * p.x + (s.kappa - s.gamma) * p.y * p.y);
}

Vector2 deflection(const ExternalShear& s, Vector2 theta) {
  const PotentialAxes axes = axes_of(s);
  const Vector2 p = axes.along(theta);
  return axes.back(Vector2{(s.kappa + s.gamma) * p.x, (s.kappa - s.gamma) * p.y});
}

Hessian hessian(const ExternalShear& s, Vector2) {
  return axes_of(s).back(Hessian{s.kappa + s.gamma, 0, s.kappa - s.gamma});
}

}  // namespace arcproof::lens

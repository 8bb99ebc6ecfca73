#include "engine/lens/profiles/isothermal.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/lens/profiles/potential_axes.h"

namespace arcproof::lens {
namespace {

double isothermal_b0(double dispersion_km_s) {
  const double beta = dispersion_km_s / units::speed_of_light_km_s;
  return 4 * units::pi * beta * beta * units::arcsec_per_radian;
}

template <class Lens>
PotentialAxes axes_of(const Lens& lens, double ellipticity) {
  require(std::isfinite(lens.centre_arcsec.x) && std::isfinite(lens.centre_arcsec.y) &&
              std::isfinite(lens.angle_rad),
          "isothermal lens: centre and angle are finite");
  require(ellipticity >= 0 && ellipticity < 1, "isothermal lens: 0 <= ellipticity < 1");
  require(lens.velocity_dispersion_km_s >= 0 && std::isfinite(lens.velocity_dispersion_km_s),
          "isothermal lens: velocity dispersion >= 0");
  return {lens.centre_arcsec, lens.angle_rad};
}

// Along the axes. The arc sine as an arc tangent, which loses no digits near 1.
Vector2 ellipsoid_deflection(const IsothermalEllipsoid& lens, Vector2 p) {
  const double e = lens.ellipticity, b0 = lens.b0_arcsec(), r = std::hypot(p.x, p.y);
  if (r == 0) return {};
  if (e < 1e-15) return {b0 * p.x / r, b0 * p.y / r};
  const double root = std::sqrt(2 * e), along = std::sqrt(2 * e / (1 + e)),
               across = std::sqrt(2 * e / (1 - e));
  return {b0 / root * std::atan2(along * p.x, std::hypot(p.y, p.x * std::sqrt((1 - e) / (1 + e)))),
          b0 / root * std::asinh(across * p.y / r)};
}

}  // namespace

double IsothermalPotential::b0_arcsec() const { return isothermal_b0(velocity_dispersion_km_s); }
double IsothermalEllipsoid::b0_arcsec() const { return isothermal_b0(velocity_dispersion_km_s); }

double potential(const IsothermalPotential& lens, Vector2 theta) {
  const Vector2 p = axes_of(lens, lens.epsilon).along(theta);
  return lens.b0_arcsec() * EllipticalPotential{lens.epsilon}.radius(p);
}

Vector2 deflection(const IsothermalPotential& lens, Vector2 theta) {
  const PotentialAxes axes = axes_of(lens, lens.epsilon);
  const EllipticalPotential shape{lens.epsilon};
  const Vector2 p = axes.along(theta);
  const double radius = shape.radius(p);
  return radius > 0 ? axes.back(shape.deflection(lens.b0_arcsec() / radius, p)) : Vector2{};
}

// With u^2 and v^2 on the diagonal instead of 1 / R - u^2 / R^3: no cancellation.
Hessian hessian(const IsothermalPotential& lens, Vector2 theta) {
  const PotentialAxes axes = axes_of(lens, lens.epsilon);
  const Vector2 p = off_centre(axes.along(theta));
  const double radius = EllipticalPotential{lens.epsilon}.radius(p);
  const double scale =
      lens.b0_arcsec() * (1 - lens.epsilon) * (1 + lens.epsilon) / (radius * radius * radius);
  return axes.back(Hessian{scale * p.y * p.y, -scale * p.x * p.y, scale * p.x * p.x});
}

double potential(const IsothermalEllipsoid& lens, Vector2 theta) {
  const Vector2 p = axes_of(lens, lens.ellipticity).along(theta);
  const Vector2 alpha = ellipsoid_deflection(lens, p);  // psi is of degree 1: Euler's theorem
  return p.x * alpha.x + p.y * alpha.y;
}

Vector2 deflection(const IsothermalEllipsoid& lens, Vector2 theta) {
  const PotentialAxes axes = axes_of(lens, lens.ellipticity);
  return axes.back(ellipsoid_deflection(lens, axes.along(theta)));
}

Hessian hessian(const IsothermalEllipsoid& lens, Vector2 theta) {
  const PotentialAxes axes = axes_of(lens, lens.ellipticity);
  const Vector2 p = off_centre(axes.along(theta));
  const double e = lens.ellipticity, r2 = p.x * p.x + p.y * p.y;
  const double two_kappa = lens.b0_arcsec() / std::sqrt((1 - e) * p.x * p.x + (1 + e) * p.y * p.y);
  const double scale = two_kappa / r2;
  return axes.back(Hessian{scale * p.y * p.y, -scale * p.x * p.y, scale * p.x * p.x});
}

}  // namespace arcproof::lens

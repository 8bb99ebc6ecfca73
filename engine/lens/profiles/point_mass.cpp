#include "engine/lens/profiles/point_mass.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/lens/profiles/potential_axes.h"

namespace arcproof::lens {
namespace {

constexpr double sun_gravitational_radius_km = 1.4766250385;  // G M_sun / c^2 (IAU 2015 nominal G M_sun)
constexpr double km_per_mpc = 3.0856775814913673e19;

void require_valid(const PointMass& m) {
  require(std::isfinite(m.centre_arcsec.x) && std::isfinite(m.centre_arcsec.y) &&
              m.einstein_radius_arcsec >= 0 && std::isfinite(m.einstein_radius_arcsec),
          "PointMass: finite centre, Einstein radius >= 0");
}

}  // namespace

double point_mass_einstein_radius_arcsec(double mass_msun, double lens_distance_mpc) {
  require(mass_msun >= 0 && lens_distance_mpc > 0, "PointMass: mass >= 0, distance > 0");
  return std::sqrt(4 * sun_gravitational_radius_km * mass_msun / (lens_distance_mpc * km_per_mpc)) *
         units::arcsec_per_radian;
}

double potential(const PointMass& m, Vector2 theta) {
  require_valid(m);
  const Vector2 p = off_centre({theta.x - m.centre_arcsec.x, theta.y - m.centre_arcsec.y});
  return m.einstein_radius_arcsec * m.einstein_radius_arcsec * std::log(std::hypot(p.x, p.y));
}

Vector2 deflection(const PointMass& m, Vector2 theta) {
  require_valid(m);
  const Vector2 p{theta.x - m.centre_arcsec.x, theta.y - m.centre_arcsec.y};
  const Vector2 away = off_centre(p);
  const double scale =
      m.einstein_radius_arcsec * m.einstein_radius_arcsec / (away.x * away.x + away.y * away.y);
  return {scale * p.x, scale * p.y};
}

Hessian hessian(const PointMass& m, Vector2 theta) {
  require_valid(m);
  const Vector2 p = off_centre({theta.x - m.centre_arcsec.x, theta.y - m.centre_arcsec.y});
  const double r2 = p.x * p.x + p.y * p.y;
  const double scale = m.einstein_radius_arcsec * m.einstein_radius_arcsec / (r2 * r2);
  const double xx = scale * (p.y * p.y - p.x * p.x);
  return {xx, -2 * scale * p.x * p.y, -xx};
}

}  // namespace arcproof::lens

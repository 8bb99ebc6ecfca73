#include "engine/lens/profiles/dual_pie.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/lens/profiles/dual_pie_sum.h"

#include <algorithm>
#include <cmath>

namespace arcproof::lens {
namespace {

constexpr double largest_circular_epsilon = 2e-4;  // Lenstool's own switch

DualPieSum::Radius radius_constants(double w, double s, double q) {
  return {w, w * w, 2 * s * w, w / q, 2 * w * q};
}

void require_valid(const DualPie& p) {
  require(std::isfinite(p.centre_arcsec.x) && std::isfinite(p.centre_arcsec.y) && std::isfinite(p.angle_rad),
          "DualPie: centre and angle are finite");
  require(p.ellipticity >= 0 && p.ellipticity < 1, "DualPie: 0 <= ellipticity < 1");
  require(p.core_radius_arcsec >= 0 && p.cut_radius_arcsec > p.core_radius_arcsec &&
              std::isfinite(p.cut_radius_arcsec),
          "DualPie: 0 <= core radius < cut radius");
  require(p.velocity_dispersion_km_s >= 0 && std::isfinite(p.velocity_dispersion_km_s),
          "DualPie: velocity dispersion >= 0");
}

}  // namespace

double DualPie::b0_arcsec() const {
  const double beta = velocity_dispersion_km_s / units::speed_of_light_km_s;
  return 6 * units::pi * beta * beta * units::arcsec_per_radian;
}

// (1 - sqrt(1 - e^2)) / e with the difference taken out.
double DualPie::epsilon() const { return ellipticity / (1 + std::sqrt(1 - ellipticity * ellipticity)); }

DualPieSum::Constants DualPieSum::constants_of(const DualPie& p) {
  require_valid(p);
  const double eps = p.epsilon(), s = std::sqrt(eps), x = (1 + eps) * (1 + eps), y = (1 - eps) * (1 - eps);
  const double c = std::cos(p.angle_rad), sine = std::sin(p.angle_rad);
  const double f = p.b0_arcsec() * p.cut_radius_arcsec / (p.cut_radius_arcsec - p.core_radius_arcsec);

  Constants k{};
  k.circular = eps <= largest_circular_epsilon;
  k.centre_x = p.centre_arcsec.x;
  k.centre_y = p.centre_arcsec.y;
  k.cos_angle = c;
  k.sin_angle = sine;
  k.floor = p.core_radius_arcsec > 0 ? std::max(1e-16 * p.core_radius_arcsec, 1e-30) : 1e-15;
  const double strength = k.circular ? f : f * (1 - eps * eps) / (2 * s);
  k.deflection_cos = strength * c;
  k.deflection_sin = strength * sine;
  k.half_deflection_cos = strength * c / 2;
  k.half_deflection_sin = strength * sine / 2;
  k.half_f = f / 2;
  k.half_f_cos_2 = f / 2 * (c * c - sine * sine);
  k.half_f_sin_2 = f / 2 * (2 * c * sine);
  k.two_s = 2 * s;
  k.four_eps_over_x = 4 * eps / x;
  k.q = (1 - eps) / (1 + eps);
  k.inverse_q = (1 + eps) / (1 - eps);
  k.inverse_x = 1 / x;
  k.inverse_y = 1 / y;
  k.core = radius_constants(p.core_radius_arcsec, s, k.q);
  k.cut = radius_constants(p.cut_radius_arcsec, s, k.q);
  return k;
}

Vector2 deflection(const DualPie& potential, Vector2 theta) {
  Vector2 result;
  DualPieSum({&potential, 1}).evaluate({&theta, 1}, &result, nullptr);
  return result;
}

Hessian hessian(const DualPie& potential, Vector2 theta) {
  Hessian result;
  DualPieSum({&potential, 1}).evaluate({&theta, 1}, nullptr, &result);
  return result;
}

}  // namespace arcproof::lens

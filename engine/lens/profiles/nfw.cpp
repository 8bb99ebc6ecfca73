#include "engine/lens/profiles/nfw.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/lens/profiles/potential_axes.h"

namespace arcproof::lens {
namespace {

/// T and F = (1 - T) / y with y = x^2 - 1. Both are analytic at y = 0: T = sum (-y)^k / (2 k + 1).
struct Shape {
  double t, f;
};

Shape shape_of(double x) {
  const double y = (x - 1) * (x + 1);
  if (std::abs(y) < 0.05) {
    double f = 0;
    for (int k = 13; k >= 1; --k) f = 1.0 / (2 * k + 1) - y * f;
    return {1 - y * f, f};
  }
  const double root = std::sqrt(std::abs(y));
  // atanh(sqrt(1 - x^2)) as a logarithm: for small x its argument rounds to 1.
  const double t = y > 0 ? std::atan(root) / root : std::log((1 + root) / x) / root;
  return {t, (1 - t) / y};
}

// g / x^2: below x = 1/2 without the cancellation of its logarithms.
double g_over_x2(double x, double t) {
  if (x >= 0.5) return (std::log(x / 2) + t) / (x * x);
  const double s = std::sqrt((1 - x) * (1 + x)), half = x * x / (2 * (1 + s));
  const double tail = half > 0 ? std::log1p(-half) / half / (2 * (1 + s)) : -1 / (2 * (1 + s));
  return (-std::log(x / 2) / (1 + s) + tail) / s;
}

PotentialAxes axes_of(const NfwHalo& halo) {
  require(std::isfinite(halo.centre_arcsec.x) && std::isfinite(halo.centre_arcsec.y) &&
              std::isfinite(halo.angle_rad),
          "NfwHalo: centre and angle are finite");
  require(halo.epsilon >= 0 && halo.epsilon < 1, "NfwHalo: 0 <= epsilon < 1");
  require(halo.scale_radius_arcsec > 0 && std::isfinite(halo.scale_radius_arcsec),
          "NfwHalo: scale radius > 0");
  require(halo.velocity_dispersion_km_s >= 0 && std::isfinite(halo.velocity_dispersion_km_s),
          "NfwHalo: velocity dispersion >= 0");
  return {halo.centre_arcsec, halo.angle_rad};
}

double hubble_km_s_mpc(double z, const sky::Cosmology& cosmology) {
  return cosmology.h0_km_s_mpc * std::sqrt(cosmology.omega_m * std::pow(1 + z, 3) + 1 - cosmology.omega_m);
}

}  // namespace

double NfwHalo::b0_arcsec() const {
  const double beta = velocity_dispersion_km_s / units::speed_of_light_km_s;
  return 6 * units::pi * beta * beta * units::arcsec_per_radian;
}

// (8/3) G r_s^2 rho_s = (200 / 3) delta H^2 r_s^2 / pi with rho_crit = 3 H^2 / (8 pi G): G drops out.
double nfw_velocity_dispersion_km_s(double c, double scale_radius_kpc, double z,
                                    const sky::Cosmology& cosmology) {
  require(c > 0 && scale_radius_kpc > 0, "NFW: concentration and scale radius > 0");
  const double delta = 200.0 / 3 * c * c * c / (std::log1p(c) - c / (1 + c));
  return hubble_km_s_mpc(z, cosmology) * scale_radius_kpc * 1e-3 * std::sqrt(delta / units::pi);
}

double nfw_r200_kpc(double m200, double z, const sky::Cosmology& cosmology) {
  require(m200 > 0, "NFW: mass > 0");
  const double hubble_km_s_pc = hubble_km_s_mpc(z, cosmology) * 1e-6;
  return 1e-3 * std::cbrt(units::gravitational_constant_pc_km2_s2_msun * m200 /
                          (100 * hubble_km_s_pc * hubble_km_s_pc));
}

double potential(const NfwHalo& halo, Vector2 theta) {
  const Vector2 p = off_centre(axes_of(halo).along(theta));
  const double x = EllipticalPotential{halo.epsilon}.radius(p) / halo.scale_radius_arcsec;
  const double t = shape_of(x).t, logarithm = std::log(x / 2);
  return 0.5 * halo.b0_arcsec() * halo.scale_radius_arcsec *
         (logarithm * logarithm + t * t * (x - 1) * (x + 1));
}

Vector2 deflection(const NfwHalo& halo, Vector2 theta) {
  const PotentialAxes axes = axes_of(halo);
  const EllipticalPotential shape{halo.epsilon};
  const Vector2 p = axes.along(theta);
  const double x = shape.radius(off_centre(p)) / halo.scale_radius_arcsec;
  const double p_radial = halo.b0_arcsec() / halo.scale_radius_arcsec * g_over_x2(x, shape_of(x).t);
  return axes.back(shape.deflection(p_radial, p));
}

// dpsi/dR / R = (b0 / r_s) G with G = g / x^2, d2psi/dR2 = (b0 / r_s) (F - G).
Hessian hessian(const NfwHalo& halo, Vector2 theta) {
  const PotentialAxes axes = axes_of(halo);
  const EllipticalPotential shape{halo.epsilon};
  const Vector2 p = off_centre(axes.along(theta));
  const double radius = shape.radius(p), x = radius / halo.scale_radius_arcsec;
  const Shape s = shape_of(x);
  const double g = g_over_x2(x, s.t), scale = halo.b0_arcsec() / halo.scale_radius_arcsec;
  return axes.back(shape.hessian(scale * g, scale * (s.f - 2 * g) / (radius * radius), p));
}

}  // namespace arcproof::lens

// The slow, obvious twin of engine/lens/dual_pie: the published formulas as they are printed, in extended
// precision with complex logarithms, and the same field by quadrature of the surface density alone.
#pragma once

#include "engine/lens/profiles/dual_pie.h"

#include <cmath>
#include <complex>
#include <numbers>

#include <boost/math/quadrature/gauss_kronrod.hpp>

namespace arcproof::lens::textbook {

using Real = long double;

struct Field {
  Real ax = 0, ay = 0, xx = 0, xy = 0, yy = 0;
};

inline Real epsilon_of(const DualPie& p) {
  const Real e = p.ellipticity;
  return e > 0 ? (1 - std::sqrt(1 - e * e)) / e : 0.0L;
}

// f, with b0 = 6 pi (sigma / c)^2 in arcsec.
inline Real strength_of(const DualPie& p) {
  const Real sigma = p.velocity_dispersion_km_s, cut = p.cut_radius_arcsec, core = p.core_radius_arcsec;
  return 6 * sigma * sigma * 648000 / (299792.458L * 299792.458L) * cut / (cut - core);
}

// I(w) of Kassiola & Kovner (1993) and its derivatives along the axes, as printed: loses digits near u = 0, v
// = 2 w s.
inline Field isothermal(Real u, Real v, Real w, Real eps) {
  const Real s = std::sqrt(eps), q = (1 - eps) / (1 + eps), x = (1 + eps) * (1 + eps),
             y = (1 - eps) * (1 - eps);
  const Real k = (1 - eps * eps) / (2 * s), big_w = std::sqrt(w * w + u * u / x + v * v / y),
             n = 2 * w * s - v;
  const std::complex<Real> i(0, 1);
  const std::complex<Real> deflection =
      -i * k * std::log((q * u + i * (2 * s * big_w - v / q)) / (u + i * (2 * w * s - v)));
  const Real m = 2 * s * big_w - v / q, d1 = q * q * u * u + m * m, d2 = u * u + n * n;
  return {deflection.real(), deflection.imag(),
          k * (q * (2 * s * u * u / (x * big_w) - 2 * s * big_w + v / q) / d1 + n / d2),
          k * ((2 * s * u * v * q / (y * big_w) - u) / d1 + u / d2),
          k * ((2 * s * big_w / q - v / (q * q) - 4 * eps * v / y + 2 * s * v * v / (q * y * big_w)) / d1 -
               n / d2)};
}

inline Field circular(Real dx, Real dy, Real rc, Real rt) {
  const Real r2 = dx * dx + dy * dy, wc = std::sqrt(r2 + rc * rc), wt = std::sqrt(r2 + rt * rt);
  const Real z = (wc - rc - wt + rt) / r2, p = 1 / wc - 1 / wt - z;
  return {z * dx, z * dy, (p * dx * dx + z * dy * dy) / r2, (p - z) * dx * dy / r2,
          (p * dy * dy + z * dx * dx) / r2};
}

inline Field rotated(const Field& f, Real t) {
  const Real c = std::cos(t), s = std::sin(t);
  return {c * f.ax - s * f.ay, s * f.ax + c * f.ay, c * c * f.xx - 2 * c * s * f.xy + s * s * f.yy,
          c * s * (f.xx - f.yy) + (c * c - s * s) * f.xy, s * s * f.xx + 2 * c * s * f.xy + c * c * f.yy};
}

inline Field field(const DualPie& p, Vector2 theta) {
  const Real dx = Real(theta.x) - p.centre_arcsec.x, dy = Real(theta.y) - p.centre_arcsec.y,
             f = strength_of(p);
  const Real eps = epsilon_of(p), t = p.angle_rad, c = std::cos(t), s = std::sin(t);
  Field a;
  if (eps <= 2e-4L) {
    a = circular(dx, dy, p.core_radius_arcsec, p.cut_radius_arcsec);
    return {f * a.ax, f * a.ay, f * a.xx, f * a.xy, f * a.yy};
  }
  const Real u = dx * c + dy * s, v = dy * c - dx * s;
  const Field core = isothermal(u, v, p.core_radius_arcsec, eps),
              cut = isothermal(u, v, p.cut_radius_arcsec, eps);
  a = {f * (core.ax - cut.ax), f * (core.ay - cut.ay), f * (core.xx - cut.xx), f * (core.xy - cut.xy),
       f * (core.yy - cut.yy)};
  return rotated(a, t);
}

// kappa as a function of R^2, R the elliptical radius u^2/(1+eps)^2 + v^2/(1-eps)^2.
inline Real kappa(const DualPie& p, Real r2) {
  const Real rc = p.core_radius_arcsec, rt = p.cut_radius_arcsec;
  return strength_of(p) / 2 * (1 / std::sqrt(rc * rc + r2) - 1 / std::sqrt(rt * rt + r2));
}
inline Real kappa_slope(const DualPie& p, Real r2) {  // d kappa / d (R^2)
  const Real rc = p.core_radius_arcsec, rt = p.cut_radius_arcsec;
  return -strength_of(p) / 4 * (std::pow(rc * rc + r2, -1.5L) - std::pow(rt * rt + r2, -1.5L));
}

/// The field from the surface density alone, by Schramm's (1990) integrals over homoeoids in the form of
/// Keeton (2001, astro-ph/0102341, eqs. 16-25): with m^2 = u^2 + v^2 / Q^2, kappa = kappa(m^2), m = (1 + eps)
/// R,
///   psi_u = Q u J0, psi_v = Q v J1, psi_uu = 2 Q u^2 K0 + Q J0, psi_vv = 2 Q v^2 K2 + Q J1, psi_uv = 2 Q u v
///   K1, J_n = int_0^1 kappa(xi^2) / D^(n + 1/2) dt, K_n = int_0^1 t kappa'(xi^2) / D^(n + 1/2) dt, D = 1 -
///   (1 - Q^2) t, xi^2 = t (u^2 + v^2 / D).
inline Field field_by_quadrature(const DualPie& p, Vector2 theta) {
  const Real dx = Real(theta.x) - p.centre_arcsec.x, dy = Real(theta.y) - p.centre_arcsec.y;
  const Real eps = epsilon_of(p), t = p.angle_rad, c = std::cos(t), s = std::sin(t);
  const Real u = dx * c + dy * s, v = dy * c - dx * s, axis = (1 - eps) / (1 + eps),
             scale = (1 + eps) * (1 + eps);
  const auto integral = [&](Real n, bool slope) {
    // t = g^2 takes out the square-root behaviour of small cores.
    const auto integrand = [&](Real g) {
      const Real tt = g * g, d = 1 - (1 - axis * axis) * tt, r2 = tt * (u * u + v * v / d) / scale;
      return 2 * g * (slope ? tt * kappa_slope(p, r2) / scale : kappa(p, r2)) / std::pow(d, n + 0.5L);
    };
    return boost::math::quadrature::gauss_kronrod<Real, 61>::integrate(integrand, 0.0L, 1.0L, 12, 1e-14L);
  };
  const Real j0 = integral(0, false), j1 = integral(1, false);
  const Real k0 = integral(0, true), k1 = integral(1, true), k2 = integral(2, true);
  return rotated({axis * u * j0, axis * v * j1, 2 * axis * u * u * k0 + axis * j0, 2 * axis * u * v * k1,
                  2 * axis * v * v * k2 + axis * j1},
                 t);
}

}  // namespace arcproof::lens::textbook

// The dPIE's field at one position, written so that a loop over positions becomes vector instructions: no
// branch and no call. Private to engine/lens.
//
// In the axes of the potential, with w a radius (core or cut), q = (1-eps)/(1+eps), s = sqrt(eps), X =
// (1+eps)^2, Y = (1-eps)^2, W = sqrt(w^2 + u^2/X + v^2/Y), Kassiola & Kovner (1993) give the complex
// deflection
//   I(w) = -i (1-eps^2)/(2 s) ln(Z1 / Z2),   Z1 = q u + i (2 s W - v/q),   Z2 = u + i (2 s w - v),
// and alpha = f [I(core) - I(cut)]. Z1 and Z2 vanish together at u = 0, v = 2 s w, where the quotient is q:
// near that point the textbook form loses all digits. Here it is used for u, v >= 0 only (alpha_u is odd in u
// and even in v, alpha_v the other way round) and with the small differences taken out by hand. With N = 2 s
// w - v and P = 2 s W + v/q:
//   T = 2 s (w - q W) = 2 s [N (N + 2 v) - q^2 u^2] / [X (w + q W)]
//   E = (N T + (4 eps / X) u^2) / P,            2 s W - v/q = q N + E
//   a = d(2 s W)/du = 2 s u / (X W),            b = q + d(2 s W - v/q)/dv = 2 s (T - N) / (Y W)
//   d ln(Z1/Z2)/du = [-a N + i (a u - E)] / (Z1 Z2),   d ln(Z1/Z2)/dv = [-(b N + E) + i b u] / (Z1 Z2),
// where numerators and denominators are all of second order in (u, N), without cancellation.
#pragma once

#include "engine/lens/dual_pie.h"
#include "engine/lens/elementary_functions.h"

#include <cmath>

namespace arcproof::lens::kernel {

using Constants = DualPieSum::Constants;

/// Deflection and second derivatives of one potential.
struct Field {
  double ax = 0, ay = 0;
  double xx = 0, xy = 0, yy = 0;
};

struct Complex {
  double re, im;
};
[[gnu::always_inline]] inline Complex operator*(Complex a, Complex b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
[[gnu::always_inline]] inline Complex conjugate(Complex a) { return {a.re, -a.im}; }
[[gnu::always_inline]] inline double norm(Complex a) { return a.re * a.re + a.im * a.im; }
/// -1, 0 or 1; NaN stays NaN.
[[gnu::always_inline]] inline double sign(double x) { return x > 0 ? 1.0 : (x < 0 ? -1.0 : x); }

/// What one radius w contributes, at u >= 0 and v >= 0.
struct Terms {
  Complex z1, z2;
  double du_im = 0;     // Im d ln(Z1/Z2)/du = psi_uu / k
  Complex dv = {0, 0};  // d ln(Z1/Z2)/dv: psi_vv = -k Re, psi_uv = k Im
};

template <bool derivatives>
[[gnu::always_inline]] inline Terms terms_of_radius(const Constants& p, const DualPieSum::Radius& radius,
                                                    double u, double v) {
  const double n = radius.node - v;
  // At the removable singularity itself: step aside, to where the quotients have their limits.
  u = u * u + n * n < radius.floor2 ? radius.floor : u;
  const double u2 = u * u;
  const double big_w = std::sqrt(radius.w2 + u2 * p.inverse_x + v * v * p.inverse_y);
  const double w_sum = radius.w + p.q * big_w, p_sum = p.two_s * big_w + v * p.inverse_q;
  const double inverse = 1 / (w_sum * p_sum * big_w);  // one division for three
  const double t = p.two_s * (n * (n + 2 * v) - p.q2 * u2) * p.inverse_x * (inverse * p_sum * big_w);
  const double e = (n * t + p.four_eps_over_x * u2) * (inverse * w_sum * big_w);

  Terms terms{{p.q * u, p.q * n + e}, {u, n}};
  if constexpr (derivatives) {
    const double two_s_over_w = p.two_s * (inverse * w_sum * p_sum);
    const double a = two_s_over_w * u * p.inverse_x, b = two_s_over_w * (t - n) * p.inverse_y;
    const Complex product = terms.z1 * terms.z2;
    const double scale = 1 / norm(product);
    const Complex du = Complex{-a * n, a * u - e} * conjugate(product);
    const Complex dv = Complex{-(b * n + e), b * u} * conjugate(product);
    terms.du_im = du.im * scale;
    terms.dv = {dv.re * scale, dv.im * scale};
  }
  return terms;
}

/// Brings a field along the axes of the potential back to x and y.
[[gnu::always_inline]] inline Field rotated_back(const Constants& p, const Field& f) {
  const double c = p.cos_angle, s = p.sin_angle;
  return {c * f.ax - s * f.ay, s * f.ax + c * f.ay, p.cos2 * f.xx - 2 * p.cos_sin * f.xy + p.sin2 * f.yy,
          p.cos_sin * (f.xx - f.yy) + (p.cos2 - p.sin2) * f.xy,
          p.sin2 * f.xx + 2 * p.cos_sin * f.xy + p.cos2 * f.yy};
}

template <bool wants_deflection, bool wants_hessian>
[[gnu::always_inline]] inline Field elliptical_field(const Constants& p, double x, double y) {
  const double dx = x - p.centre_x, dy = y - p.centre_y;
  const double u = dx * p.cos_angle + dy * p.sin_angle, v = dy * p.cos_angle - dx * p.sin_angle;
  const Terms core = terms_of_radius<wants_hessian>(p, p.core, std::abs(u), std::abs(v));
  const Terms cut = terms_of_radius<wants_hessian>(p, p.cut, std::abs(u), std::abs(v));

  Field field;
  if constexpr (wants_deflection) {
    // Both arguments lie in [0, pi/2), so that of the quotient is an arc tangent without cases.
    const Complex quotient = core.z1 * conjugate(core.z2) * conjugate(cut.z1 * conjugate(cut.z2));
    field.ax = p.strength * sign(u) * vector_atan(quotient.im, quotient.re);
    field.ay = -0.5 * p.strength * sign(v) *
               vector_log((norm(core.z1) * norm(cut.z2)) / (norm(core.z2) * norm(cut.z1)));
  }
  if constexpr (wants_hessian) {
    field.xx = p.strength * (core.du_im - cut.du_im);
    field.xy = p.strength * sign(u) * sign(v) * (core.dv.im - cut.dv.im);
    field.yy = p.strength * (cut.dv.re - core.dv.re);
  }
  return rotated_back(p, field);
}

/// With W = sqrt(w^2 + r^2): z = 1/(W + w) is [W - w]/r^2, and -1/[W (W + w)^2] is [1/W - 2 z]/r^2, so that
/// neither the deflection f z dx nor psi_xx = f (z + g dx^2) is 0/0 at the centre.
template <bool wants_deflection, bool wants_hessian>
[[gnu::always_inline]] inline Field circular_field(const Constants& p, double x, double y) {
  const double dx = x - p.centre_x, dy = y - p.centre_y;
  const double true_r2 = dx * dx + dy * dy;
  const double r2 = true_r2 < p.core.floor2 ? p.core.floor2 : true_r2;
  const double core_w = std::sqrt(p.core.w2 + r2), cut_w = std::sqrt(p.cut.w2 + r2);
  const double core_z = 1 / (core_w + p.core.w), cut_z = 1 / (cut_w + p.cut.w);
  const double z = core_z - cut_z;

  Field field;
  if constexpr (wants_deflection) {
    field.ax = p.strength * z * dx;
    field.ay = p.strength * z * dy;
  }
  if constexpr (wants_hessian) {
    const double g = cut_z * cut_z / cut_w - core_z * core_z / core_w;
    field.xx = p.strength * (z + g * dx * dx);
    field.xy = p.strength * g * dx * dy;
    field.yy = p.strength * (z + g * dy * dy);
  }
  return field;
}

}  // namespace arcproof::lens::kernel

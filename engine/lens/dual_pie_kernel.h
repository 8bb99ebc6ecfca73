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
//
// Divisions and square roots bound the speed: those of the core and of the cut radius are made together, 1/a
// and 1/b from 1/(a b), and the logarithm's argument |Z1c Z2t|^2 / |Z2c Z1t|^2 = A / B as A^2 / (A B), from
// the inverse that the derivatives need as well. Three divisions and two roots are left of seven and two.
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
/// -1, 0 or 1. One choice only: with more the compiler makes branches of them and gives the vectors up.
[[gnu::always_inline]] inline double sign(double x) { return std::copysign(x != 0 ? 1.0 : 0.0, x); }

/// One radius w at u >= 0 and v >= 0, up to its division.
struct Lengths {
  double u, n, u2;
  double big_w, w_sum, p_sum;
  double product;  // of the three
};

[[gnu::always_inline]] inline Lengths lengths_of(const Constants& p, const DualPieSum::Radius& radius,
                                                 double u, double v) {
  const double n = radius.node - v;
  // At the removable singularity itself: step aside, to where the quotients have their limits.
  u = u * u + n * n < radius.floor2 ? radius.floor : u;
  const double u2 = u * u;
  const double big_w = std::sqrt(radius.w2 + u2 * p.inverse_x + v * v * p.inverse_y);
  const double w_sum = radius.w + p.q * big_w, p_sum = p.two_s * big_w + v * p.inverse_q;
  return {u, n, u2, big_w, w_sum, p_sum, w_sum * p_sum * big_w};
}

/// Z1 and Z2, and with derivatives the numerators of d ln(Z1/Z2).
struct Terms {
  Complex z1, z2;
  Complex du = {0, 0}, dv = {0, 0};
};

/// `inverse` is that of the product of the lengths.
template <bool derivatives>
[[gnu::always_inline]] inline Terms terms_of(const Constants& p, const Lengths& l, double v, double inverse) {
  const double t =
      p.two_s * (l.n * (l.n + 2 * v) - p.q2 * l.u2) * p.inverse_x * (inverse * l.p_sum * l.big_w);
  const double e = (l.n * t + p.four_eps_over_x * l.u2) * (inverse * l.w_sum * l.big_w);
  Terms terms{{p.q * l.u, p.q * l.n + e}, {l.u, l.n}};
  if constexpr (derivatives) {
    const double two_s_over_w = p.two_s * (inverse * l.w_sum * l.p_sum);
    const double a = two_s_over_w * l.u * p.inverse_x, b = two_s_over_w * (t - l.n) * p.inverse_y;
    const Complex product = conjugate(terms.z1 * terms.z2);
    terms.du = Complex{-a * l.n, a * l.u - e} * product;
    terms.dv = Complex{-(b * l.n + e), b * l.u} * product;
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
  const double height = std::abs(v);
  const Lengths core_l = lengths_of(p, p.core, std::abs(u), height),
                cut_l = lengths_of(p, p.cut, std::abs(u), height);
  const double inverse = 1 / (core_l.product * cut_l.product);
  const Terms core = terms_of<wants_hessian>(p, core_l, height, inverse * cut_l.product);
  const Terms cut = terms_of<wants_hessian>(p, cut_l, height, inverse * core_l.product);
  const double core1 = norm(core.z1), core2 = norm(core.z2), cut1 = norm(cut.z1), cut2 = norm(cut.z2);
  const double above = core1 * cut2, below = core2 * cut1, inverse_norms = 1 / (above * below);

  Field field;
  if constexpr (wants_deflection) {
    // Both arguments lie in [0, pi/2), so that of the quotient is an arc tangent without cases.
    const Complex quotient = core.z1 * conjugate(core.z2) * conjugate(cut.z1 * conjugate(cut.z2));
    const LogAndAtan value = vector_log_and_atan(above * above * inverse_norms, quotient.im, quotient.re);
    field.ax = p.strength * sign(u) * value.atan;
    field.ay = -0.5 * p.strength * sign(v) * value.log;
  }
  if constexpr (wants_hessian) {
    const double core_scale = inverse_norms * (cut1 * cut2), cut_scale = inverse_norms * (core1 * core2);
    field.xx = p.strength * (core_scale * core.du.im - cut_scale * cut.du.im);
    field.xy = p.strength * sign(u) * sign(v) * (core_scale * core.dv.im - cut_scale * cut.dv.im);
    field.yy = p.strength * (cut_scale * cut.dv.re - core_scale * core.dv.re);
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

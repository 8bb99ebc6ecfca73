// The dPIE's field at one position, written so that a loop over positions becomes vector instructions: no
// branch and no call. Private to engine/lens.
//
// In the axes of the potential, with w a radius (core or cut), q = (1-eps)/(1+eps), s = sqrt(eps), X =
// (1+eps)^2, Y = (1-eps)^2, W = sqrt(w^2 + u^2/X + v^2/Y), Kassiola & Kovner (1993) give the complex
// deflection
//   I(w) = -i (1-eps^2)/(2 s) ln(Z1 / Z2),   Z1 = q u + i (2 s W - v/q),   Z2 = u + i (2 s w - v),
// and alpha = f [I(core) - I(cut)]. Z1 and Z2 vanish together at u = 0, v = 2 w s, where the quotient is q:
// near that point the textbook form loses all digits. Here it is used for u, v >= 0 only (alpha_u is odd in u
// and even in v, alpha_v the other way round) and with the small differences taken out by hand. With A = (2 s
// w - v) (2 s w + v) and P = 2 s W + v/q:
//   2 s W - v/q = (A + (4 eps / X) u^2) / P.
//
// Second derivatives need no logarithm, and of those along u and v only half: with z = u + i v, the identity
//   Z1 [q u - i v/q - 2 s i W] = Z2 [u - i v - 2 s i w] = conj(z)^2 + 4 eps w^2 =: C = (u^2 + A) - 2 i u v
// turns dI/dz and dI/d conj(z), which are convergence and shear, into
//   kappa = 1 / (2 W),   gamma = gamma1 + i gamma2 = -M / (2 W C),
//   M = u^2 + v^2 + (X + Y) w^2 - 2 (1-eps^2) w W
//     = u^2 [1 - 2 g q^2 / (W + g)] + A (A - q^2 u^2) / [Y (W + g)^2],   g = w / q.
// M is printed twice because the first form cancels where C vanishes, at that same point; the second does
// not. As eps -> 0 and w -> 0 this is -1 / (2 r) exp(2 i phi), the isothermal sphere's.
//
// Divisions and square roots bound the speed: inverses are made together, 1/a and 1/b from 1/(a b), and the
// logarithm of a quotient and the arc tangent's quotient share one. Two divisions and two roots are left.
#pragma once

#include "engine/lens/profiles/dual_pie.h"
#include "engine/lens/profiles/dual_pie_sum.h"
#include "engine/lens/profiles/elementary_functions.h"

#include <cmath>

namespace arcproof::lens::kernel {

using Constants = DualPieSum::Constants;

/// Convergence and shear: psi_xx = kappa + gamma1, psi_yy = kappa - gamma1, psi_xy = gamma2.
struct Shear {
  double kappa = 0, gamma1 = 0, gamma2 = 0;
};

struct Complex {
  double re, im;
};
[[gnu::always_inline]] inline Complex operator*(Complex a, Complex b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
[[gnu::always_inline]] inline Complex conjugate(Complex a) { return {a.re, -a.im}; }
[[gnu::always_inline]] inline double norm(Complex a) { return a.re * a.re + a.im * a.im; }

/// A position along the axes of the potential, and W of both radii there.
struct AxesPosition {
  double u, v, core_w, cut_w;
};

/// What both radii take from a position; `u` and `v` are >= 0.
struct Place {
  double u, v, u2;
  double qu, q2u2;  // q u and its square
};

/// A little aside of the axis u = 0, so that nothing is 0/0 there.
[[gnu::always_inline]] inline Place place_at(const Constants& k, double signed_u, double signed_v) {
  const double height = std::abs(signed_u), u = height < k.floor ? k.floor : height;
  const double qu = k.q * u;
  return {u, std::abs(signed_v), u * u, qu, qu * qu};
}

[[gnu::always_inline]] inline AxesPosition along_axes(const Constants& k, double x, double y) {
  const double dx = x - k.centre_x, dy = y - k.centre_y;
  const double u = dx * k.cos_angle + dy * k.sin_angle, v = dy * k.cos_angle - dx * k.sin_angle;
  const Place at = place_at(k, u, v);
  const double r2 = at.u2 * k.inverse_x + v * v * k.inverse_y;
  return {u, v, std::sqrt(k.core.w2 + r2), std::sqrt(k.cut.w2 + r2)};
}

/// Of one radius w at one position.
struct Lengths {
  double n, n_sum, a;  // 2 s w - v, 2 s w + v, and A, their product
  double big_w;
};
[[gnu::always_inline]] inline Lengths lengths_of(const DualPieSum::Radius& radius, const Place& at,
                                                 double big_w) {
  const double n = radius.node - at.v, n_sum = radius.node + at.v;
  return {n, n_sum, n * n_sum, big_w};
}

/// P Z1, conj(Z2) and their product, and P^2.
struct LogTerms {
  double z1_norm, z2_norm, p2;
  Complex quotient;
};
[[gnu::always_inline]] inline LogTerms log_terms(const Constants& k, const Place& at, const Lengths& l) {
  const double p = k.two_s * l.big_w + k.inverse_q * at.v;
  const Complex z1{p * at.qu, l.a + k.four_eps_over_x * at.u2}, z2_conjugate{at.u, -l.n};
  return {norm(z1), norm(z2_conjugate), p * p, z1 * z2_conjugate};
}

/// The deflection for u, v >= 0 is f (1-eps^2)/(2 s) [atan(y / x), -ln(a / b) / 2] along the axes. Both
/// radii's arguments lie in [0, pi/2), so that of the quotient is an arc tangent without cases.
struct DeflectionArguments {
  double a, b, y, x;
};
[[gnu::always_inline]] inline DeflectionArguments deflection_arguments(const Constants& k,
                                                                       const AxesPosition& p) {
  const Place at = place_at(k, p.u, p.v);
  const LogTerms c = log_terms(k, at, lengths_of(k.core, at, p.core_w)),
                 t = log_terms(k, at, lengths_of(k.cut, at, p.cut_w));
  const Complex quotient = c.quotient * conjugate(t.quotient);
  return {c.z1_norm * t.z2_norm * t.p2, c.z2_norm * t.z1_norm * c.p2, quotient.im, quotient.re};
}

/// The deflection along x and y.
[[gnu::always_inline]] inline Vector2 deflection_of(const Constants& k, double u, double v,
                                                    const DeflectionArguments& arguments) {
  const LogAndAtan value = vector_log_and_atan(arguments.a, arguments.b, arguments.y, arguments.x);
  const double au = std::copysign(u != 0 ? value.atan : 0.0, u), av = value.log * std::copysign(1.0, v);
  return {k.deflection_cos * au + k.half_deflection_sin * av,
          k.deflection_sin * au - k.half_deflection_cos * av};
}

[[gnu::always_inline]] inline Shear shear_of(const Constants& k, const AxesPosition& p) {
  const Place at = place_at(k, p.u, p.v);
  const Lengths core = lengths_of(k.core, at, p.core_w), cut = lengths_of(k.cut, at, p.cut_w);
  const double core_sum = core.big_w + k.core.w_over_q, cut_sum = cut.big_w + k.cut.w_over_q;
  const double core_real = at.u2 + core.a, cut_real = at.u2 + cut.a, imaginary = 2 * at.u * at.v;
  // |C|^2 = |Z2|^2 |u - i v - 2 s i w|^2: as a sum of squares, with no digit lost where it vanishes.
  const double core_norm = (at.u2 + core.n * core.n) * (at.u2 + core.n_sum * core.n_sum);
  const double cut_norm = (at.u2 + cut.n * cut.n) * (at.u2 + cut.n_sum * cut.n_sum);
  const double roots = core.big_w * cut.big_w, sums = core_sum * cut_sum, norms = core_norm * cut_norm;
  const double roots_sums = roots * sums, inverse = 1 / (roots_sums * norms);
  const double inverse_norms = inverse * roots_sums, inverse_roots_sums = inverse * norms;
  const double inverse_roots = inverse_roots_sums * sums, inverse_sums = inverse_roots_sums * roots;
  const double core_w_inverse = inverse_roots * cut.big_w, cut_w_inverse = inverse_roots * core.big_w;
  const double core_sum_inverse = inverse_sums * cut_sum, cut_sum_inverse = inverse_sums * core_sum;
  const auto m_of = [&](const Lengths& l, const DualPieSum::Radius& radius, double sum_inverse) {
    return at.u2 * (1 - radius.two_g_q2 * sum_inverse) +
           l.a * (l.a - at.q2u2) * (k.inverse_y * (sum_inverse * sum_inverse));
  };
  const double core_shear =
      m_of(core, k.core, core_sum_inverse) * (core_w_inverse * (inverse_norms * cut_norm));
  const double cut_shear = m_of(cut, k.cut, cut_sum_inverse) * (cut_w_inverse * (inverse_norms * core_norm));
  // In the axes, over -f / 2; gamma2 changes its sign with u and with v.
  const double gamma1 = core_shear * core_real - cut_shear * cut_real;
  const double gamma2 = (core_shear - cut_shear) * imaginary * std::copysign(1.0, p.u * p.v);
  return {k.half_f * (core_w_inverse - cut_w_inverse), k.half_f_sin_2 * gamma2 - k.half_f_cos_2 * gamma1,
          -k.half_f_sin_2 * gamma1 - k.half_f_cos_2 * gamma2};
}

/// With W = sqrt(w^2 + r^2): z = 1/(W + w) is [W - w]/r^2, and -1/[W (W + w)^2] is [1/W - 2 z]/r^2, so that
/// neither the deflection f z dx nor psi_xx = f (z + g dx^2) is 0/0 at the centre.
struct CircularField {
  Vector2 deflection;
  Shear shear;
};
[[gnu::always_inline]] inline CircularField circular_field(const Constants& k, double x, double y) {
  const double dx = x - k.centre_x, dy = y - k.centre_y;
  const double true_r2 = dx * dx + dy * dy, floor2 = k.floor * k.floor;
  const double r2 = true_r2 < floor2 ? floor2 : true_r2;
  const double core_w = std::sqrt(k.core.w2 + r2), cut_w = std::sqrt(k.cut.w2 + r2);
  const double core_z = 1 / (core_w + k.core.w), cut_z = 1 / (cut_w + k.cut.w);
  const double z = core_z - cut_z, g = cut_z * cut_z / cut_w - core_z * core_z / core_w;
  return {{2 * k.half_f * z * dx, 2 * k.half_f * z * dy},
          {k.half_f * (2 * z + g * r2), k.half_f * (g * (dx * dx - dy * dy)), 2 * k.half_f * (g * dx * dy)}};
}

}  // namespace arcproof::lens::kernel

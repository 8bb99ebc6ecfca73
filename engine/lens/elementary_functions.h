// Logarithm and arc tangent that a compiler can put into vectors: no branch, no table, no library call.
// Private to engine/lens.
//
// Additions, products and quotients are rounded alike in vectors of any width, so these give the same bits on
// every machine (the mathematical library's do not). Coefficients: fdlibm (Sun Microsystems 1993), e_log.c
// and s_atan.c.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace arcproof::lens {

/// x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2): bits above those of sqrt(1/2) carry into the exponent.
struct LogArgument {
  double k, f, nan;  // nan: 0, or NaN where x is
};
[[gnu::always_inline]] inline LogArgument log_argument(double x) {
  constexpr std::uint64_t sqrt_half = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000,
                          mantissa = 0x000fffffffffffff;
  const std::uint64_t shifted = std::bit_cast<std::uint64_t>(x) + (one - sqrt_half);
  const double f = std::bit_cast<double>((shifted & mantissa) + sqrt_half) - 1;
  // The integer k + 1023 becomes a double by planting it in the last bits of 2^52.
  constexpr double two_52 = 4503599627370496.0;
  const double k = std::bit_cast<double>((shifted >> 52) | 0x4330000000000000) - (two_52 + 1023);
  return {k, f, x - x};
}

/// ln x from its argument and s = f / (2 + f).
[[gnu::always_inline]] inline double log_of(const LogArgument& a, double s) {
  // Even and odd powers apart: half the chain of dependent steps.
  const double z = s * s, w = z * z;
  const double even =
      6.666666666666735130e-01 +
      w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01));
  const double odd = 3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01);
  const double r = z * (even + z * odd);
  constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
  return a.k * ln2_high - ((s * (a.f - r) - a.k * ln2_low) - a.f) + a.nan;
}

/// With t = |y| / x: atan t, pi/4 + atan((t - 1) / (t + 1)) or pi/2 - atan(1 / t), whichever argument is
/// below tan(pi/8): a quotient and what to add.
struct AtanArgument {
  double numerator, denominator, offset;
};
[[gnu::always_inline]] inline AtanArgument atan_argument(double y, double x) {
  constexpr double tan_pi_8 = 0.41421356237309503, pi_4 = std::numbers::pi / 4;
  const double height = std::abs(y);
  const bool low = height <= tan_pi_8 * x, high = x < tan_pi_8 * height;
  return {low ? height : (high ? -x : height - x), low ? x : (high ? height : height + x),
          low ? 0.0 : (high ? 2 * pi_4 : pi_4)};
}

/// The arc tangent from its argument, t its quotient, with the sign of y.
[[gnu::always_inline]] inline double atan_of(const AtanArgument& a, double t, double y) {
  const double z = t * t, w = z * z;
  const double even = 3.33333333333329318027e-01 +
                      w * (1.42857142725034663711e-01 +
                           w * (9.09088713343650656196e-02 +
                                w * (6.66107313738753120669e-02 +
                                     w * (4.97687799461593236017e-02 + w * 1.62858201153657823623e-02))));
  const double odd = 1.99999999998764832476e-01 +
                     w * (1.11111104054623557880e-01 +
                          w * (7.69187620504482999495e-02 +
                               w * (5.83357013379057348645e-02 + w * 3.65315727442169155270e-02)));
  const double series = z * (even - z * odd);
  return std::copysign(a.offset + (t - t * series), y);
}

/// Natural logarithm of a normal x > 0; within 2 units in the last place. NaN in, NaN out.
[[gnu::always_inline]] inline double vector_log(double x) {
  const LogArgument a = log_argument(x);
  return log_of(a, a.f / (2 + a.f));
}

/// atan(y / x) for x > 0 and any finite y; within 3 units in the last place.
[[gnu::always_inline]] inline double vector_atan(double y, double x) {
  const AtanArgument a = atan_argument(y, x);
  return atan_of(a, a.numerator / a.denominator, y);
}

/// Both at once, with one division for two: within 4 units in the last place each. The product of x and |y|
/// must not leave the range of a double.
struct LogAndAtan {
  double log, atan;
};
[[gnu::always_inline]] inline LogAndAtan vector_log_and_atan(double log_x, double y, double x) {
  const LogArgument a = log_argument(log_x);
  const AtanArgument b = atan_argument(y, x);
  const double f2 = 2 + a.f, inverse = 1 / (f2 * b.denominator);
  return {log_of(a, a.f * (inverse * b.denominator)), atan_of(b, b.numerator * (inverse * f2), y)};
}

}  // namespace arcproof::lens

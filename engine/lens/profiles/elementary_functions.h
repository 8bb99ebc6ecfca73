// Logarithm and arc tangent that a compiler can put into vectors: no branch, no table, no library call.
// Private to engine/lens.
//
// Additions, products and quotients are rounded alike in vectors of any width, so these give the same bits on
// every machine (the mathematical library's do not). Coefficients of the arc tangent: fdlibm (Sun
// Microsystems 1993), s_atan.c.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace arcproof::lens {

/// ln(a / b) without the quotient: b is scaled by the power of two nearest to it, a / b = 2^k c / d, and ln(c
/// / d) = 2 atanh(s), s = (c - d) / (c + d). The difference of the bits is the logarithm to base 2 within
/// 0.0861, so that |ln(c / d)| <= 0.5861 ln 2 and |s| <= 0.201.
struct LogArgument {
  double numerator, denominator;  // c - d and c + d
  double k;
};
[[gnu::always_inline]] inline LogArgument log_argument(double a, double b) {
  constexpr std::uint64_t half = 0x0008000000000000, exponent = 0xfff0000000000000, bias = 0x4000000000000000;
  const std::uint64_t bits_a = std::bit_cast<std::uint64_t>(a), bits_b = std::bit_cast<std::uint64_t>(b);
  const std::uint64_t power = (bits_a - bits_b + half) & exponent;
  const double scaled = std::bit_cast<double>(bits_b + power);
  // The integer k + 1024 becomes a double by planting it in the last bits of 2^52.
  constexpr double two_52 = 4503599627370496.0;
  const double k = std::bit_cast<double>(((power + bias) >> 52) | 0x4330000000000000) - (two_52 + 1024);
  return {a - scaled, a + scaled, k};
}

/// ln(a / b) from its argument and the quotient s. The series in z = s^2 interpolates [2 atanh(s) / s - 2] /
/// z at eight Chebyshev nodes of 0 <= s <= 0.201: within 2^-60 of the logarithm.
[[gnu::always_inline]] inline double log_of(const LogArgument& a, double s) {
  // Even and odd powers apart: half the chain of dependent steps.
  const double z = s * s, w = z * z;
  const double even =
      0.6666666666666666 + w * (0.2857142856708055 + w * (0.18181735092866372 + w * 0.13207733413702563));
  const double odd =
      0.4000000000000838 + w * (0.2222222308075949 + w * (0.153889686105186 + w * 0.1362413749288844));
  const double r = z * (even + z * odd);
  constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
  return a.k * ln2_high + ((s + s) + (s * r + a.k * ln2_low));
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

/// ln(a / b) of normal a, b > 0 whose quotient is a normal number; within 2 units in the last place. NaN in,
/// NaN out.
[[gnu::always_inline]] inline double vector_log_ratio(double a, double b) {
  const LogArgument argument = log_argument(a, b);
  return log_of(argument, argument.numerator / argument.denominator);
}

/// atan(y / x) for x > 0 and any finite y; within 3 units in the last place.
[[gnu::always_inline]] inline double vector_atan(double y, double x) {
  const AtanArgument a = atan_argument(y, x);
  return atan_of(a, a.numerator / a.denominator, y);
}

/// Both at once, with one division for two: within 4 units in the last place each. The product of a and the
/// larger of x and |y| must not leave the range of a double.
struct LogAndAtan {
  double log, atan;
};
[[gnu::always_inline]] inline LogAndAtan vector_log_and_atan(double a, double b, double y, double x) {
  const LogArgument l = log_argument(a, b);
  const AtanArgument t = atan_argument(y, x);
  const double inverse = 1 / (l.denominator * t.denominator);
  return {log_of(l, l.numerator * (inverse * t.denominator)),
          atan_of(t, t.numerator * (inverse * l.denominator), y)};
}

}  // namespace arcproof::lens

#include "engine/core/exponential_integral.h"

#include "engine/core/error.h"

#include <cmath>
#include <limits>
#include <numbers>

#include <boost/math/special_functions/gamma.hpp>

namespace arcproof {
namespace {

// Without this policy Boost computes in long double: three times slower, and different on other processors.
using Double = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

constexpr double series_limit = 1.5;
constexpr double underflow = 745;  // exp(-x) is zero beyond

// (Gamma(1 + a) - 1) / a
double gamma_term(double a) {
  return a == 0 ? -std::numbers::egamma : boost::math::tgamma1pm1(a, Double()) / a;
}

// sum_{k >= 1} (-x)^k / (k! (a + k))
double tail_of_series(double a, double x) {
  double sum = 0, power = 1;
  for (int k = 1; k < 60; ++k) {
    power *= -x / k;
    const double term = power / (a + k);
    sum += term;
    if (std::abs(term) < 1e-17) break;  // E_p(1.5) > 0.09 for p <= 1.5
  }
  return sum;
}

// Gamma(a, x) = Gamma(a) - sum_{k >= 0} (-1)^k x^(a+k) / (k! (a+k)), a = 1 - p, times x^-a. Gamma(a) and the
// term k = 0 have poles at a = 0 that cancel: Gamma(a) - x^a/a = (Gamma(1+a) - 1)/a - (x^a - 1)/a.
double by_series(double p, double x) {
  const double a = 1 - p;
  const double log_x = std::log(x);
  const double w = std::expm1(-a * log_x);  // x^-a - 1
  return (1 + w) * gamma_term(a) + (a == 0 ? -log_x : w / a) - tail_of_series(a, x);
}

// exp(-x) / (x + p - 1 p / (x + p + 2 - 2 (p + 1) / (x + p + 4 - ...))), modified Lentz (Thompson & Barnett
// 1986).
double by_continued_fraction(double p, double x) {
  constexpr double tiny = 1e-300;
  double b = x + p;
  double c = 1 / tiny, d = 1 / b, value = d;
  for (int k = 1; k < 1000; ++k) {
    const double numerator = -k * (k - 1 + p);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const double factor = c * d;
    value *= factor;
    if (std::abs(factor - 1) < 3e-16) break;
  }
  return value * std::exp(-x);
}

}  // namespace

double generalised_exponential_integral(double p, double x) {
  require(x >= 0 && std::isfinite(p), "generalised_exponential_integral: x >= 0 and p is finite");
  if (x == 0) return p > 1 ? 1 / (p - 1) : std::numeric_limits<double>::infinity();
  if (x > underflow) return 0;
  if (p < 0) return boost::math::tgamma(1 - p, x, Double()) * std::pow(x, p - 1);
  if (x > series_limit) return by_continued_fraction(p, x);
  const int steps = p < 1.5 ? 0 : static_cast<int>(p - 0.5);
  double order = p - steps;
  double value = by_series(order, x);
  const double decay = steps > 0 ? std::exp(-x) : 0;
  for (int i = 0; i < steps; ++i, order += 1) value = (decay - x * value) / order;
  return value;
}

}  // namespace arcproof

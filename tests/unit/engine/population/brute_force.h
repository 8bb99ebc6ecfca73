// The slow, obvious twin of the mass function's likelihood: integrals over ln M by composite Gauss-Legendre
// quadrature.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <boost/math/quadrature/gauss.hpp>

namespace arcproof::population::brute_force {

/// int_1^r t^beta exp(-x t) g(ln t) dt by panels of at most 1 in ln t, 20 nodes each (1e-14).
template <class Weight>
double moment(double beta, double x, double log_range, const Weight& g) {
  const double upper = std::min(log_range, std::log(745 / x));
  const int panels = static_cast<int>(std::ceil(upper));
  const auto f = [&](double u) { return std::exp((beta + 1) * u - x * std::exp(u)) * g(u); };
  double sum = 0;
  for (int i = 0; i < panels; ++i)
    sum += boost::math::quadrature::gauss<double, 20>::integrate(f, upper * i / panels,
                                                                 upper * (i + 1) / panels);
  return sum;
}

inline double normalisation(double beta, double x,
                            double log_range = std::numeric_limits<double>::infinity()) {
  return moment(beta, x, log_range, [](double) { return 1.0; });
}

/// Quantiles of the published samples: nothing random has to be shared with the generator.
inline std::vector<double> power_sample() {
  std::vector<double> masses(60);
  for (int i = 0; i < 60; ++i) masses[i] = 2e6 * std::pow(1 - (i + 0.5) / 60, 1 / -0.9);
  return masses;
}
inline std::vector<double> curved_sample() {
  std::vector<double> masses(60);
  for (int i = 0; i < 60; ++i) masses[i] = 2e6 * (1 + 9 * std::pow((i + 0.5) / 60, 3));
  return masses;
}

}  // namespace arcproof::population::brute_force

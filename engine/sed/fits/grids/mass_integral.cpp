#include "engine/sed/fits/grids/mass_integral.h"

#include "engine/core/error.h"
#include "engine/core/units.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <boost/math/quadrature/gauss.hpp>

namespace arcproof::sed::mass_integral {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Where the integrand is below e^-40 of its greatest.
double end_of_integrand(double v, double from) {
  const double peak = std::max(v, from), height = 0.5 * (peak - v) * (peak - v);
  return v + std::sqrt(2 * (height + 40));
}

/// End of a panel in ln u: the integrand is flat below 0.02 (|v| u < 0.2), and of width 1 or a steep side
/// above.
double next_panel(double from) {
  constexpr double flat = 0.02;
  if (from < flat) return std::min(20 * from, flat);
  return std::min(1.6 * from, from + 0.4);
}

// ---- tables over v and ln a (a < 1) or a (above), b = infinity

// They reach beyond what is asked of them, that no place is interpolated from one side.
constexpr double step = 0.1, v_low = -8.2, least_v = -8, asymptotic_from = 12;
constexpr double least_log_a = -12, greatest_a = 14;

/// Third-degree Lagrange weights of the points -1, 0, 1, 2 at t.
std::array<double, 4> cubic(double t) {
  return {-t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -(t + 1) * t * (t - 2) / 2,
          (t + 1) * t * (t - 1) / 6};
}

enum class Abscissa { log_a, a };

class Table {
 public:
  Table(Abscissa abscissa, double low, std::size_t columns)
      : low_(low), columns_(columns), values_(rows * columns) {
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) {
        const double at = low + static_cast<double>(j) * step;
        values_[i * columns + j] = log_direct(v_low + static_cast<double>(i) * step,
                                              abscissa == Abscissa::log_a ? std::exp(at) : at, infinity);
      }
  }

  double operator()(double v, double at) const {
    const double x = (v - v_low) / step, y = (at - low_) / step;
    const std::size_t i = place(x, rows), j = place(y, columns_);
    const std::array<double, 4> of_v = cubic(x - static_cast<double>(i)),
                                of_a = cubic(y - static_cast<double>(j));
    double sum = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const double* row = &values_[(i + k - 1) * columns_ + j - 1];
      sum += of_v[k] * (of_a[0] * row[0] + of_a[1] * row[1] + of_a[2] * row[2] + of_a[3] * row[3]);
    }
    return sum;
  }

 private:
  static constexpr std::size_t rows = 206;  // to v = 12.3
  static std::size_t place(double x, std::size_t count) {
    return std::clamp<std::size_t>(static_cast<std::size_t>(std::max(0.0, x)), 1, count - 3);
  }
  double low_;
  std::size_t columns_;
  std::vector<double> values_;
};

const Table& below_one() {
  static const Table made(Abscissa::log_a, -12.2, 126);  // to 0.3
  return made;
}
/// ln J falls as -(a - v)^2 / 2, which polynomials of the third degree follow.
const Table& above_one() {
  static const Table made(Abscissa::a, 0.7, 137);  // to 14.3
  return made;
}

/// Without limits: moments of a normal distribution, sqrt(2 pi) / v (1 + 1/v^2 + 3/v^4 + 15/v^6 + ...).
double log_unlimited(double v) {
  const double y = 1 / (v * v);
  return 0.5 * std::log(2 * units::pi) - std::log(v) + std::log1p(y * (1 + y * (3 + y * (15 + 105 * y))));
}

}  // namespace

double log_direct(double v, double u_min, double u_max) {
  require(u_min > 0 && u_max > u_min, "mass integral: 0 < u_min < u_max");
  const double peak = std::clamp(v, u_min, u_max), top = -0.5 * (peak - v) * (peak - v);
  const double to = std::min(u_max, end_of_integrand(v, u_min));
  constexpr double negligible = 10;  // e^-50
  double from = std::max(u_min, std::min(v, u_max) - negligible);
  double sum = 0;
  while (from < to) {
    const double end = std::min(to, next_panel(from));
    sum += boost::math::quadrature::gauss<double, 10>::integrate(
        [&](double x) {
          const double d = std::exp(x) - v;
          return std::exp(-0.5 * d * d - top);
        },
        std::log(from), std::log(end));
    from = end;
  }
  return std::log(sum) + top;
}

double log_fast(double v, double u_min, double u_max) {
  if (u_max < end_of_integrand(v, u_min)) return log_direct(v, u_min, u_max);
  constexpr double far = 7;  // sigma: what the limit cuts off is 1e-12
  if (v > asymptotic_from && u_min < v - far) return log_unlimited(v);
  if (v < least_v || v > asymptotic_from || u_min > greatest_a) return log_direct(v, u_min, u_max);
  if (u_min >= 1) return above_one()(v, u_min);
  const double log_a = std::log(u_min);
  if (log_a >= least_log_a) return below_one()(v, log_a);
  // Below the table the integrand is e^(-v^2 / 2) du / u.
  const double edge = below_one()(v, least_log_a);
  return edge + std::log1p(std::exp(-0.5 * v * v - edge) * (least_log_a - log_a));
}

}  // namespace arcproof::sed::mass_integral

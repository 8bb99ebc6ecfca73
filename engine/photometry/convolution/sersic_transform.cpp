#include "engine/photometry/convolution/sersic_transform.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/sky/position_angle.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <map>
#include <memory>
#include <mutex>

#include <boost/math/special_functions/gamma.hpp>

namespace arcproof::photometry {
namespace {

using Eigen::MatrixXcd;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Complex = std::complex<double>;

// The table: ln k from ln 1e-4 in steps of 0.05 to ln 2000. A cubic through values and slopes errs by
// step^4 / 384 times the fourth derivative in ln k, which is largest for n = 0.5, where it is 18: 3e-7.
constexpr double log_step = 0.05;
constexpr int table_size = 337;
const double log_first = std::log(1e-4);

// ln Gamma for Re z > 0: Stirling's series (Abramowitz & Stegun 6.1.41) after a shift to |z| > 12, where its
// next term is below 1e-15. The imaginary part is continuous along the line of integration.
Complex log_gamma(Complex z) {
  Complex shift = 0;
  for (; std::abs(z) < 12; z += 1.0) shift += std::log(z);
  const Complex w = 1.0 / (z * z);
  const Complex series =
      (1.0 / 12 -
       w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680 - w * (1.0 / 1188 - w * (691.0 / 360360)))))) /
      z;
  return (z - 0.5) * std::log(z) - z + 0.5 * std::log(2 * units::pi) + series - shift;
}

// Nodes of the trapezoidal rule in tau = Im z > 0 (the other half is the complex conjugate). The rule's error
// is F at k exp(+-2 pi / step): a cuspier profile needs a finer step at small k, but its integrand ends
// earlier.
struct Node {
  Complex z, log_weight;
};
std::vector<Node> contour(double n) {
  const double step = 0.2 / std::max(1.0, n / 2), log_b = std::log(sersic_b(n));
  const double log_negligible = std::log(1e-17), log_total = std::lgamma(2 * n);
  const double log_at_zero = std::lgamma(n) - log_total + n * log_b;
  std::vector<Node> nodes;
  for (int i = 0;; ++i) {
    const double tau = i * step;
    const Complex z(1, tau);
    // On Re z = 1 the ratio of the Gamma functions of J0 is a pure phase, exp(2 i arg Gamma(z / 2)).
    const Complex bessel(0, tau * std::log(2.0) + 2 * log_gamma(0.5 * z).imag());
    const Complex profile = log_gamma(n * (2.0 - z)) - log_total + z * (n * log_b);
    if (profile.real() < log_at_zero + log_negligible) return nodes;
    nodes.push_back({z, bessel + profile + std::log((i == 0 ? 0.5 : 1.0) * step / units::pi)});
  }
}

// S and its derivatives by g1 and g2.
struct Quadratic {
  double xx, xy, yy;
  double of(double kx, double ky) const { return xx * kx * kx + 2 * xy * kx * ky + yy * ky * ky; }
};
std::array<Quadratic, 3> quadratics(const SersicProfile& p) {
  const double g = std::hypot(p.g1, p.g2), r2 = p.radius_pix * p.radius_pix;
  const double a = std::cosh(g), b = g > 1e-4 ? std::sinh(g) / g : 1 + g * g / 6;
  const double c = g > 1e-2 ? (a - b) / (g * g) : 1.0 / 3 + g * g / 30;
  const auto quadratic = [&](double trace, double plus, double cross) {
    return Quadratic{r2 * (trace + plus), r2 * cross, r2 * (trace - plus)};
  };
  return {quadratic(a, b * p.g1, b * p.g2), quadratic(b * p.g1, c * p.g1 * p.g1 + b, c * p.g1 * p.g2),
          quadratic(b * p.g2, c * p.g2 * p.g1, c * p.g2 * p.g2 + b)};
}

// exp(sign 2 pi i frequency position / period): rows are frequencies first .. last.
MatrixXcd waves(int first, int last, int period, const VectorXd& positions, double sign) {
  MatrixXcd e(last - first + 1, positions.size());
  for (Eigen::Index j = 0; j < e.cols(); ++j)
    for (int k = first; k <= last; ++k)
      e(k - first, j) = std::polar(1.0, sign * 2 * units::pi * k * positions[j] / period);
  return e;
}

VectorXd symmetric_positions(int half, double shift = 0) {
  return VectorXd::LinSpaced(2 * half + 1, -half - shift, half - shift);
}

// Fourier transform of the PSF within half a period: rows v = -h .. h, columns u = 0 .. h, those with u > 0
// doubled for their conjugates; divided by the number of samples.
MatrixXcd psf_spectrum(const sky::Psf& psf, int period) {
  const int h = period / 2, reach = std::min(psf.half_size(), h), corner = psf.half_size() - reach;
  const VectorXd positions = symmetric_positions(reach);
  MatrixXcd image(positions.size(), positions.size());
  for (Eigen::Index y = 0; y < image.rows(); ++y)
    for (Eigen::Index x = 0; x < image.cols(); ++x)
      image(y, x) = psf.image()(corner + static_cast<int>(x), corner + static_cast<int>(y));
  const MatrixXcd ex = waves(0, h, period, positions, -1), ey = waves(-h, h, period, positions, -1);
  MatrixXcd spectrum = ey * (image * ex.transpose()) / (static_cast<double>(period) * period);
  spectrum.rightCols(h) *= 2;
  return spectrum;
}

}  // namespace

double sersic_b(double n) {
  require(n >= 0.3 && n <= 10, "sersic_b: n is 0.3 .. 10");
  return boost::math::gamma_p_inv(2 * n, 0.5);
}

SersicTransform::SersicTransform(double n) : n_(n), table_(table_size, Value{0, 0}) {
  for (const Node& node : contour(n)) {
    // k^-z along the table is a geometric series; started anew now and then against rounding.
    const Complex ratio = std::exp(-node.z * log_step);
    Complex term = 0;
    for (int i = 0; i < table_size; ++i) {
      term = i % 64 == 0 ? std::exp(node.log_weight - node.z * (log_first + i * log_step)) : term * ratio;
      table_[i].value += term.real();
      table_[i].log_slope -= (term * node.z).real();
    }
  }
}

SersicTransform::Value SersicTransform::at(double k) const {
  if (!(k > 0)) return {1, 0};
  const double position = (std::log(k) - log_first) / log_step;
  if (position < 0) {  // 1 - F goes as k^2
    const double fall = (1 - table_.front().value) * std::exp(2 * position * log_step);
    return {1 - fall, -2 * fall};
  }
  const int i = static_cast<int>(position);
  if (i >= table_size - 1) {  // the cusp's power law (what is left for n = 0.5 is rounding)
    const double power = -2 - 1 / n_;
    const double value = table_.back().value * std::exp(power * (position - (table_size - 1)) * log_step);
    return {value, power * value};
  }
  const Value &a = table_[i], &b = table_[i + 1];
  const double t = position - i, s = 1 - t, rise = b.value - a.value;
  const double da = log_step * a.log_slope, db = log_step * b.log_slope;
  return {s * s * (1 + 2 * t) * a.value + t * t * (3 - 2 * t) * b.value + s * t * (s * da - t * db),
          (6 * s * t * rise + s * (1 - 3 * t) * da + t * (1 - 3 * s) * db) / log_step};
}

const SersicTransform& shared_sersic_transform(double n) {
  static std::mutex mutex;
  static std::map<double, std::unique_ptr<SersicTransform>> transforms;
  const std::scoped_lock lock(mutex);
  auto& transform = transforms[n];
  if (!transform) transform = std::make_unique<SersicTransform>(n);
  return *transform;
}

SersicProfile profile_of(double x, double y, const SersicShape& shape) {
  const double g = -std::log(shape.axis_ratio), angle = 2 * shape.angle_rad;
  return {x, y, shape.effective_radius_pix, g * std::cos(angle), g * std::sin(angle), shape.n};
}

SersicShape shape_of(const SersicProfile& p) {
  return {p.radius_pix, p.n, std::exp(-std::hypot(p.g1, p.g2)), sky::axis_angle_rad(p.g1, p.g2)};
}

SersicRenderer::SersicRenderer(const sky::Psf& psf, int size, int period) : size_(size), period_(period) {
  require(size >= 3 && size % 2 == 1 && period % 2 == 1 && period > size,
          "SersicRenderer: size and period are odd, 3 <= size < period");
  spectrum_ = psf_spectrum(psf, period);
}

// Light beyond half a period comes back as a background of about its share of the period's pixels. That is
// held below `tolerable` of the peak, estimated from the half-light radius and a PSF of 1.5 pixels.
int SersicRenderer::period_for(int size, const SersicProfile& p) {
  constexpr double tolerable = 2e-4;
  constexpr std::array<int, 5> periods = {63, 95, 127, 191, 255};
  const double major = p.radius_pix * std::exp(0.5 * std::hypot(p.g1, p.g2));
  const double peak = 0.5 / (units::pi * (p.radius_pix * p.radius_pix + 1.5 * 1.5));
  for (const int period : periods) {
    if (period < size + 42) continue;
    const double beyond =
        boost::math::gamma_q(2 * p.n, sersic_b(p.n) * std::pow(0.5 * period / major, 1 / p.n));
    if (beyond / (period * period) < tolerable * peak) return period;
  }
  return periods.back();
}

VectorXd SersicRenderer::image(const SersicProfile& p, const SersicTransform& transform) const {
  return render(p, transform, nullptr, nullptr).col(image_column);
}

MatrixXd SersicRenderer::derivatives(const SersicProfile& p, const SersicTransform& transform,
                                     const SersicTransform* above, const SersicTransform* below) const {
  return render(p, transform, above ? above : &transform, below ? below : &transform);
}

MatrixXd SersicRenderer::render(const SersicProfile& p, const SersicTransform& transform,
                                const SersicTransform* above, const SersicTransform* below) const {
  const bool all = above != nullptr;
  const int h = period_ / 2;
  const auto [s, s1, s2] = quadratics(p);
  const double unit = 2 * units::pi / period_;
  std::array<MatrixXd, columns> factor;
  for (int c : {image_column, log_radius_column, g1_column, g2_column, index_column})
    if (all || c == image_column) factor[c].resize(period_, h + 1);
  for (int u = 0; u <= h; ++u)
    for (int v = -h; v <= h; ++v) {
      const double kx = unit * u, ky = unit * v, k2 = std::max(s.of(kx, ky), 1e-30), k = std::sqrt(k2);
      const SersicTransform::Value f = transform.at(k);
      factor[image_column](v + h, u) = f.value;
      if (!all) continue;
      factor[log_radius_column](v + h, u) = f.log_slope;
      factor[g1_column](v + h, u) = f.log_slope * 0.5 * s1.of(kx, ky) / k2;
      factor[g2_column](v + h, u) = f.log_slope * 0.5 * s2.of(kx, ky) / k2;
      factor[index_column](v + h, u) =
          above == below ? 0.0 : (above->at(k).value - below->at(k).value) / (2 * index_step);
    }

  // Back at the pixels only: rows then columns.
  const MatrixXcd ex = waves(0, h, period_, symmetric_positions(size_ / 2, p.x), 1);
  const MatrixXcd ey = waves(-h, h, period_, symmetric_positions(size_ / 2, p.y), 1).transpose();
  MatrixXd result(size_ * size_, all ? static_cast<int>(columns) : 1);
  const auto put = [&](int column, const MatrixXcd& rows, const MatrixXcd& half_way) {
    Eigen::Map<MatrixXd>(result.col(column).data(), size_, size_) = (rows * half_way).real().transpose();
  };
  const MatrixXcd model = spectrum_.cwiseProduct(factor[image_column]);
  const MatrixXcd half_way = model * ex;
  put(image_column, ey, half_way);
  if (!all) return result;
  const Eigen::VectorXcd ikx = VectorXd::LinSpaced(h + 1, 0, unit * h) * Complex(0, -1);
  const Eigen::VectorXcd iky = VectorXd::LinSpaced(period_, -unit * h, unit * h) * Complex(0, -1);
  put(x_column, ey, model * (ikx.asDiagonal() * ex));
  put(y_column, ey, iky.asDiagonal() * half_way);
  for (const int c : {log_radius_column, g1_column, g2_column, index_column}) {
    const MatrixXcd part = spectrum_.cwiseProduct(factor[c]);
    put(c, ey, part * ex);
  }
  return result;
}

std::vector<double> sersic_image(const sky::Psf& psf, int size, double x, double y,
                                 const SersicShape& shape) {
  require(size >= 3 && size % 2 == 1 && size <= 213, "sersic_image: size is odd, 3 .. 213");
  require(shape.effective_radius_pix > 0 && shape.axis_ratio > 0 && shape.axis_ratio <= 1,
          "sersic_image: R_e > 0 and an axis ratio in (0, 1]");
  const SersicProfile profile = profile_of(x, y, shape);
  const VectorXd image = SersicRenderer(psf, size, SersicRenderer::period_for(size, profile))
                             .image(profile, SersicTransform(shape.n));
  return {image.data(), image.data() + image.size()};
}

}  // namespace arcproof::photometry

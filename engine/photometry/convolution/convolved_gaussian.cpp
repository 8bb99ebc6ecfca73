#include "engine/photometry/convolution/convolved_gaussian.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/photometry/convolution/convolution_kernel.h"
#include "engine/sky/position_angle.h"

#include <algorithm>
#include <cmath>
#include <complex>

namespace arcproof::photometry {
namespace {

constexpr int largest_supported_cutout = 21;

int lanes_for(int cutout) {
  // 31 pixels of period up to 9 x 9, 47 up to 13 x 13, 63 beyond: always a multiple of eight lanes.
  return cutout <= 9 ? 16 : cutout <= 13 ? 24 : 32;
}

// Transform along one axis of `reach` pixels either side of the centre, at frequency k / period.
std::vector<std::complex<double>> roots(int period) {
  std::vector<std::complex<double>> table(period);
  for (int i = 0; i < period; ++i) table[i] = std::polar(1.0, -2 * units::pi * i / period);
  return table;
}

}  // namespace

PrincipalAxes principal_axes(const Covariance& c) {
  const double mean = 0.5 * (c.xx + c.yy), difference = 0.5 * (c.xx - c.yy);
  const double radius = std::hypot(difference, c.xy);
  PrincipalAxes axes;
  axes.variance_major = mean + radius;
  axes.variance_minor = mean - radius;
  axes.sigma_major = std::sqrt(std::max(0.0, axes.variance_major));
  axes.sigma_minor = std::sqrt(std::max(0.0, axes.variance_minor));
  axes.angle_rad = radius > 0 ? sky::axis_angle_rad(difference, c.xy) : 0.0;
  return axes;
}

Covariance covariance_of(double sigma_major, double sigma_minor, double angle_rad) {
  const double c = std::cos(angle_rad), s = std::sin(angle_rad);
  const double a = sigma_major * sigma_major, b = sigma_minor * sigma_minor;
  return {a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c};
}

PsfTransform::PsfTransform(const sky::Psf& psf, int cutout) : cutout_(cutout), lanes_(lanes_for(cutout)) {
  require(cutout >= 3 && cutout % 2 == 1 && cutout <= largest_supported_cutout,
          "PsfTransform: cutout is odd, 3 .. 21");
  const int reach = std::min(psf.half_size(), lanes_ - 1), centre = psf.half_size(), n = period();
  const auto root = roots(n);
  const auto phase = [&](int k, int position) { return root[((k * position) % n + n) % n]; };

  // Rows first: A(u, y), then columns for v = -(lanes-1) .. lanes-1.
  std::vector<std::complex<double>> rows(static_cast<std::size_t>(lanes_) * (2 * reach + 1));
  for (int y = -reach; y <= reach; ++y)
    for (int u = 0; u < lanes_; ++u) {
      std::complex<double> sum = 0;
      for (int x = -reach; x <= reach; ++x) sum += psf.image()(centre + x, centre + y) * phase(u, x);
      rows[static_cast<std::size_t>(y + reach) * lanes_ + u] = sum;
    }
  const std::size_t plane = static_cast<std::size_t>(lanes_) * lanes_;
  planes_.assign(4 * plane, 0.0);
  for (int v = -(lanes_ - 1); v < lanes_; ++v)
    for (int u = 0; u < lanes_; ++u) {
      std::complex<double> sum = 0;
      for (int y = -reach; y <= reach; ++y)
        sum += rows[static_cast<std::size_t>(y + reach) * lanes_ + u] * phase(v, y);
      sum *= (u == 0 ? 1.0 : 2.0) / (static_cast<double>(n) * n);
      const std::size_t at = static_cast<std::size_t>(std::abs(v)) * lanes_ + u;
      const std::size_t first = v >= 0 ? 0 : 2 * plane;
      planes_[first + at] = sum.real();
      planes_[first + plane + at] = sum.imag();
    }
  for (const double value : psf.image()) sum_of_squares_ += value * value;
}

ComponentImages::ComponentImages(int cutout)
    : cutout_(cutout),
      stride_((cutout * cutout + 7) / 8 * 8),
      values_(6 * static_cast<std::size_t>(stride_), 0.0) {
  require(cutout >= 3 && cutout % 2 == 1 && cutout <= largest_supported_cutout,
          "ComponentImages: cutout is odd, 3 .. 21");
}

void ComponentImages::evaluate(const PsfTransform& psf, double x0, double y0, const Covariance& covariance,
                               Derivatives derivatives) {
  require(cutout_ <= psf.largest_cutout(),
          "ComponentImages::evaluate: the PSF transform is made for this cutout");
  const int order = derivatives == Derivatives::none ? 0 : derivatives == Derivatives::position ? 1 : 2;
  kernel::Request request{psf.planes(), psf.lanes(), cutout_,       stride_,       order,
                          x0,           y0,          covariance.xx, covariance.xy, covariance.yy};
  kernel::convolve(request, values_.data());
}

}  // namespace arcproof::photometry

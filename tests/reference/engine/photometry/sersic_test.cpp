// The image on a real drizzled PSF against a slow twin: the profile summed in real space over the PSF,
// interpolated trigonometrically.
#include "engine/photometry/sersic.h"

#include "tests/support/data.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::photometry {
namespace {

constexpr double pi = std::numbers::pi;

// b of n = 0.5, 1, 2, 4 (mpmath 1.3.0: half of gammainc(2 n, 0, b, regularized=True)).
double reference_b(double n) {
  return n == 0.5 ? 0.6931471805599453
         : n == 1 ? 1.678346990016661
         : n == 2 ? 3.672060748850896
                  : 7.669249442500804;
}

// The PSF on a grid of 1/16 pixel within `reach` pixels: trigonometric interpolation with the image's own odd
// width as period, then Lagrange's cubic between grid points (1e-6 of the peak).
class FinePsf {
 public:
  FinePsf(const sky::Psf& psf, int reach) : reach_(reach), side_(2 * reach * fine + 1) {
    const int n = psf.image().width();
    std::vector<double> weight(static_cast<std::size_t>(side_) * n);
    for (int j = 0; j < side_; ++j)
      for (int i = 0; i < n; ++i) {
        const double d = static_cast<double>(j) / fine - reach + psf.half_size() - i,
                     s = std::sin(pi * d / n);
        weight[static_cast<std::size_t>(j) * n + i] = std::abs(s) < 1e-12 ? 1 : std::sin(pi * d) / (n * s);
      }
    std::vector<double> rows(static_cast<std::size_t>(n) * side_, 0.0);
    for (int y = 0; y < n; ++y)
      for (int j = 0; j < side_; ++j)
        for (int i = 0; i < n; ++i)
          rows[static_cast<std::size_t>(y) * side_ + j] +=
              weight[static_cast<std::size_t>(j) * n + i] * psf.image()(i, y);
    grid_.assign(static_cast<std::size_t>(side_) * side_, 0.0);
    for (int k = 0; k < side_; ++k)
      for (int y = 0; y < n; ++y) {
        const double w = weight[static_cast<std::size_t>(k) * n + y];
        for (int j = 0; j < side_; ++j)
          grid_[static_cast<std::size_t>(k) * side_ + j] += w * rows[static_cast<std::size_t>(y) * side_ + j];
      }
  }

  double at(double x, double y) const {
    const double u = (x + reach_) * fine, v = (y + reach_) * fine;
    const int i = static_cast<int>(std::floor(u)), j = static_cast<int>(std::floor(v));
    if (i < 1 || j < 1 || i + 2 >= side_ || j + 2 >= side_) return 0;
    double wx[4], wy[4];
    lagrange(u - i, wx);
    lagrange(v - j, wy);
    double sum = 0;
    for (int b = 0; b < 4; ++b) {
      const double* row = &grid_[static_cast<std::size_t>(j - 1 + b) * side_ + (i - 1)];
      sum += wy[b] * (wx[0] * row[0] + wx[1] * row[1] + wx[2] * row[2] + wx[3] * row[3]);
    }
    return sum;
  }

 private:
  static void lagrange(double t, double* w) {
    w[0] = -t * (t - 1) * (t - 2) / 6;
    w[1] = (t + 1) * (t - 1) * (t - 2) / 2;
    w[2] = -(t + 1) * t * (t - 2) / 2;
    w[3] = (t + 1) * t * (t - 1) / 6;
  }
  static constexpr int fine = 16;
  int reach_, side_;
  std::vector<double> grid_;
};

// The profile in real space in polar coordinates of the
// ellipse. The radius goes through t = b (r / R_e)^(1/n), which takes the cusp away; panels of five Gauss
// nodes at most 1/11 pixel apart, rings of points at most 1/11 pixel apart, 1/3 beyond 8 pixels.
struct Point {
  double x, y, light;
};

std::vector<Point> profile_points(const SersicShape& shape) {
  constexpr double node[] = {-0.906179845938664, -0.5384693101056831, 0, 0.5384693101056831,
                             0.906179845938664};
  constexpr double weight[] = {0.2369268850561891, 0.4786286704993665, 0.5688888888888889, 0.4786286704993665,
                               0.2369268850561891};
  const double b = reference_b(shape.n), n = shape.n, stretch = 1 / std::sqrt(shape.axis_ratio);
  const double c = std::cos(shape.angle_rad), s = std::sin(shape.angle_rad);
  const auto radius = [&](double t) { return shape.effective_radius_pix * std::pow(t / b, n); };
  std::vector<Point> points;
  for (double t = 0; radius(t) < 40 * stretch && t < 60;) {
    double width = 0.5;
    const double spacing = radius(t) * stretch < 8 ? 1.0 / 11 : 1.0 / 3;
    while ((radius(t + width) - radius(t)) * stretch > 5 * spacing) width /= 2;
    for (int i = 0; i < 5; ++i) {
      const double at = t + 0.5 * width * (1 + node[i]), r = radius(at);
      const double light =
          0.5 * width * weight[i] * std::exp(-at + (2 * n - 1) * std::log(at) - std::lgamma(2 * n));
      const int ring = 32 + static_cast<int>(2 * pi * r * stretch / spacing);
      for (int j = 0; j < ring; ++j) {
        const double u = r * stretch * std::cos(2 * pi * j / ring),
                     v = r / stretch * std::sin(2 * pi * j / ring);
        points.push_back({c * u - s * v, s * u + c * v, light / ring});
      }
    }
    t += width;
  }
  return points;
}

TEST(SersicImage, EqualsASummationInRealSpaceOnADrizzledPsf) {
  ARCPROOF_NEEDS_DATA(path, "psf/psf-smacs0723-f150w-20mas.fits");
  const sky::Psf psf = sky::Psf::read(path, "", 0, 0.02);
  const FinePsf fine(psf, std::min(psf.half_size(), 50));
  constexpr int size = 13;
  constexpr double x0 = 0.23, y0 = -0.37;
  double worst = 0;
  for (const double n : {0.5, 1.0, 2.0, 4.0})
    for (const double radius : {0.5, 1.0, 2.0, 4.0})
      for (const double q : {1.0, 0.4}) {
        const SersicShape shape{radius, n, q, 0.6};
        const std::vector<double> image = sersic_image(psf, size, x0, y0, shape);
        const std::vector<Point> points = profile_points(shape);
        const double peak = *std::max_element(image.begin(), image.end());
        double error = 0;
        for (int j = 0; j < size; j += 4)
          for (int i = 0; i < size; i += 4) {
            double sum = 0;
            for (const Point& p : points)
              sum += p.light * fine.at(i - size / 2 - x0 - p.x, j - size / 2 - y0 - p.y);
            error = std::max(error, std::abs(image[j * size + i] - sum) / peak);
          }
        EXPECT_LT(error, 1e-3) << n << " " << radius << " " << q;
        worst = std::max(worst, error);
      }
  std::printf("largest difference %.2g of the peak\n", worst);
}

}  // namespace
}  // namespace arcproof::photometry

// The model against a slow twin: Gaussian and PSF convolved in real space on an 11 times finer grid.
#include "engine/photometry/convolution/convolved_gaussian.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::photometry {
namespace {

// An analytic PSF that is band-limited at this sampling: a round Gaussian of sigma 1.3 pixel, so that the
// convolution with a Gaussian is known in closed form as well.
sky::Psf gaussian_psf(double sigma, int side) {
  Array2D<double> image(side, side);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      image(x, y) =
          std::exp(-0.5 * (std::pow(x - side / 2, 2) + std::pow(y - side / 2, 2)) / (sigma * sigma));
  return sky::Psf::from_image(image, 0.02, 0.02, "gaussian");
}

// Value at (dx, dy) of an elliptical Gaussian of unit flux with covariance c.
double gaussian(const Covariance& c, double dx, double dy) {
  const double determinant = c.xx * c.yy - c.xy * c.xy;
  const double q = (c.yy * dx * dx - 2 * c.xy * dx * dy + c.xx * dy * dy) / determinant;
  return std::exp(-0.5 * q) / (2 * M_PI * std::sqrt(determinant));
}

// Surface brightness of the parametric PSF per pixel of 0.02".
double psf_at(const sky::ParametricPsf& psf, double r) {
  const double core = std::exp(-0.5 * r * r / (psf.core_sigma_arcsec * psf.core_sigma_arcsec)) /
                      (2 * M_PI * psf.core_sigma_arcsec * psf.core_sigma_arcsec);
  const double a2 = psf.wing_alpha_arcsec * psf.wing_alpha_arcsec;
  const double wing = (psf.wing_beta - 1) / (M_PI * a2) * std::pow(1 + r * r / a2, -psf.wing_beta);
  return 0.02 * 0.02 * (psf.core_fraction * core + (1 - psf.core_fraction) * wing);
}

// The PSF of the embedded F150W, evaluated anywhere from its formula, convolved by direct summation.
double brute_force(const sky::ParametricPsf& psf, const Covariance& c, double dx, double dy) {
  constexpr double step = 1.0 / 11;
  const double reach = 6 * std::sqrt(std::max(c.xx, c.yy));
  double sum = 0;
  for (double v = -reach; v <= reach; v += step)
    for (double u = -reach; u <= reach; u += step) {
      sum += gaussian(c, u, v) * psf_at(psf, 0.02 * std::hypot(dx - u, dy - v));
    }
  return sum * step * step;
}

TEST(ConvolvedGaussian, EqualsTheClosedFormForAGaussianPsf) {
  const sky::Psf psf = gaussian_psf(1.3, 61);
  const PsfTransform transform(psf, 9);
  ComponentImages images(9);
  for (const Covariance shape : {Covariance{0, 0, 0}, Covariance{0.3, 0.1, 0.2}, Covariance{2, -0.7, 1}}) {
    images.evaluate(transform, 0.23, -0.41, shape, Derivatives::none);
    const Covariance total{shape.xx + 1.69, shape.xy, shape.yy + 1.69};
    for (int j = 0; j < 9; ++j)
      for (int i = 0; i < 9; ++i)
        // 2e-4 of the peak: the PSF is cut to a period of 31 pixels.
        EXPECT_NEAR(images.plane(0)[j * 9 + i], gaussian(total, i - 4 - 0.23, j - 4 + 0.41),
                    2e-4 * gaussian(total, 0, 0))
            << i << " " << j;
  }
}

TEST(ConvolvedGaussian, EqualsASummationInRealSpace) {
  const sky::Psf psf = sky::Psf::parametric("F150W", 0.02);
  const sky::ParametricPsf formula = sky::parametric_psf("F150W");
  const int half = psf.half_size();
  const double norm = psf.image()(half, half) / psf_at(formula, 0);  // the image holds the light within 2"
  const PsfTransform transform(psf, 9);
  ComponentImages images(9);
  for (const double sigma : {0.6, 1.0, 2.0}) {
    const Covariance shape{sigma * sigma, 0.2 * sigma * sigma, 0.7 * sigma * sigma};
    images.evaluate(transform, 0.3, 0.1, shape, Derivatives::none);
    const double peak = images.plane(0)[4 * 9 + 4];
    for (int j = 0; j < 9; j += 2)
      for (int i = 0; i < 9; i += 2) {
        const double expected = norm * brute_force(formula, shape, i - 4 - 0.3, j - 4 - 0.1);
        EXPECT_NEAR(images.plane(0)[j * 9 + i], expected, 1e-3 * peak) << sigma << " " << i << " " << j;
      }
  }
}

TEST(ConvolvedGaussian, DerivativesAreFiniteDifferences) {
  const sky::Psf psf = sky::Psf::parametric("F200W", 0.02);
  const PsfTransform transform(psf, 13);
  ComponentImages at(13), plus(13), minus(13);
  const Covariance c{0.9, 0.2, 0.5};
  constexpr double h = 1e-4;
  at.evaluate(transform, 0.1, -0.2, c, Derivatives::all);
  const double peak = at.plane(0)[6 * 13 + 6];
  const auto compare = [&](const char* what, auto factor) {
    for (int i = 0; i < 13 * 13; ++i)
      EXPECT_NEAR(factor(i), (plus.plane(0)[i] - minus.plane(0)[i]) / (2 * h), 1e-6 * peak)
          << what << " " << i;
  };
  // Planes: image, d/dx, d/dy of the image (the negative of the derivative by the centre), then xx, xy, yy.
  plus.evaluate(transform, 0.1 + h, -0.2, c, Derivatives::none);
  minus.evaluate(transform, 0.1 - h, -0.2, c, Derivatives::none);
  compare("x", [&](int i) { return -at.plane(1)[i]; });
  plus.evaluate(transform, 0.1, -0.2, {c.xx + h, c.xy, c.yy}, Derivatives::none);
  minus.evaluate(transform, 0.1, -0.2, {c.xx - h, c.xy, c.yy}, Derivatives::none);
  compare("xx", [&](int i) { return 0.5 * at.plane(3)[i]; });
  plus.evaluate(transform, 0.1, -0.2, {c.xx, c.xy + h, c.yy}, Derivatives::none);
  minus.evaluate(transform, 0.1, -0.2, {c.xx, c.xy - h, c.yy}, Derivatives::none);
  compare("xy", [&](int i) { return at.plane(4)[i]; });
}

}  // namespace
}  // namespace arcproof::photometry

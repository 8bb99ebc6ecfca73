#include "engine/photometry/noise_correlation.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof::photometry {
namespace {

// White noise smoothed by [a, 1, a] along both axes: rho(1, 0) = 2a / (1 + 2 a^2), rho(2, 0) = a^2 / (1 + 2
// a^2).
Array2D<float> smoothed_noise(int side, double a, std::uint64_t seed) {
  Random random({.seed = seed, .purpose = "noise correlation"});
  Array2D<double> white(side + 2, side + 2);
  for (double& v : white) v = random.normal();
  const double kernel[] = {a, 1, a};
  Array2D<float> image(side, side);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      double sum = 0;
      for (int j = 0; j < 3; ++j)
        for (int i = 0; i < 3; ++i) sum += kernel[i] * kernel[j] * white(x + i, y + j);
      image(x, y) = static_cast<float>(sum);
    }
  return image;
}

double expected(double a, int dx, int dy) {
  const double one[] = {1, 2 * a / (1 + 2 * a * a), a * a / (1 + 2 * a * a)};
  return std::abs(dx) > 2 || std::abs(dy) > 2 ? 0.0 : one[std::abs(dx)] * one[std::abs(dy)];
}

NoiseCorrelation measured_on(const Array2D<float>& image) {
  return measure_noise_correlation(image, Array2D<float>(image.width(), image.height(), 2.0F),
                                   Array2D<int>(image.width(), image.height(), 0), {});
}

// 400 x 400 pixels: the error of a correlation is about 1 / 400 times sqrt(sum of rho^2) = 0.004; the
// background mesh takes out a little of the largest scales. A bound of 0.025 is six sigma over 60 lags.
TEST(NoiseCorrelation, IsThatOfTheFilterThatMadeTheNoise) {
  const NoiseCorrelation rho = measured_on(smoothed_noise(400, 0.4, 5));
  EXPECT_DOUBLE_EQ(rho(0, 0), 1);
  for (int dy = -4; dy <= 4; ++dy)
    for (int dx = -4; dx <= 4; ++dx)
      EXPECT_NEAR(rho(dx, dy), expected(0.4, dx, dy), 0.025) << dx << " " << dy;
}

TEST(NoiseCorrelation, OfWhiteNoiseIsWhite) {
  const NoiseCorrelation rho = measured_on(smoothed_noise(400, 0, 6));
  for (int dy = -4; dy <= 4; ++dy)
    for (int dx = -4; dx <= 4; ++dx) EXPECT_NEAR(rho(dx, dy), dx == 0 && dy == 0, 0.015) << dx << " " << dy;
}

TEST(NoiseCorrelation, IgnoresObjectsAndPixelsWithoutData) {
  Array2D<float> image = smoothed_noise(300, 0.4, 7);
  Array2D<int> segmentation(300, 300, 0);
  for (int y = 100; y < 140; ++y)
    for (int x = 50; x < 90; ++x) {
      image(x, y) += 1000;
      segmentation(x, y) = 1;
      image(x + 100, y) = std::numeric_limits<float>::quiet_NaN();
    }
  const NoiseCorrelation rho =
      measure_noise_correlation(image, Array2D<float>(300, 300, 1.0F), segmentation, {});
  EXPECT_NEAR(rho(1, 0), expected(0.4, 1, 0), 0.03);
  EXPECT_NEAR(rho(3, 0), 0, 0.03);
  EXPECT_LT(rho.pairs(), 300 * 300 - 2 * 40 * 40 + 1);
}

TEST(NoiseCorrelation, WithTooLittleSkyIsWhite) {
  const Array2D<float> image = smoothed_noise(100, 0.4, 8);
  EXPECT_TRUE(measure_noise_correlation(image, Array2D<float>(100, 100, 1.0F), Array2D<int>(100, 100, 3), {})
                  .is_white());
}

// The quadratic form against the double sum over all pairs of pixels.
TEST(NoiseCorrelation, QuadraticFormIsTheDoubleSum) {
  constexpr int side = 7;
  const NoiseCorrelation rho = measured_on(smoothed_noise(200, 0.3, 9));
  Random random({.seed = 1, .purpose = "vector"});
  std::vector<double> u(side * side);
  for (double& v : u) v = random.normal();
  double sum = 0;
  for (int i = 0; i < side * side; ++i)
    for (int j = 0; j < side * side; ++j) sum += u[i] * u[j] * rho(i % side - j % side, i / side - j / side);
  EXPECT_NEAR(rho.quadratic_form(u, side), sum, 1e-10 * std::abs(sum));
}

// 4000 draws: variance and covariances have errors of 0.022 and less; the bounds are above four sigma.
TEST(NoiseCorrelation, DrawsHaveTheCorrelation) {
  constexpr int side = 9, count = 4000;
  const NoiseCorrelation rho = measured_on(smoothed_noise(400, 0.4, 10));
  Random random({.seed = 2, .purpose = "draws"});
  double variance = 0, beside = 0, far = 0;
  for (int i = 0; i < count; ++i) {
    const std::vector<double> noise = rho.draw(side, random);
    variance += noise[40] * noise[40] / count;
    beside += 0.5 * (noise[40] * noise[41] + noise[40] * noise[49]) / count;
    far += noise[0] * noise[80] / count;
  }
  EXPECT_NEAR(variance, 1, 0.1);
  EXPECT_NEAR(beside, rho(1, 0), 0.08);
  EXPECT_NEAR(far, 0, 0.08);
}

TEST(NoiseCorrelation, LargeScaleFactorIsTheSumOfTheFilter) {
  const double a = 0.4;
  const NoiseCorrelation rho = measured_on(smoothed_noise(600, a, 11));
  const double along = (1 + 2 * a) / std::sqrt(1 + 2 * a * a);
  EXPECT_NEAR(rho.large_scale_factor(), along * along, 0.1 * along * along);
}

// Two bands of noise n + s and m + c s of unit variance each share c / 2 for |c| = 1; light that varies smoothly is no
// noise, however much of it they share. 200 x 200 pixels, seed 91: errors 0.006, limits 4 of them.
TEST(BandNoiseCorrelation, IsTheSharedPartOfTheNoise) {
  constexpr int width = 200;
  for (const double sign : {1.0, 0.0, -1.0}) {
    Random random({.seed = 91, .purpose = "two bands"});
    Array2D<float> a(width, width, 0.0F), b(width, width, 0.0F);
    const Array2D<float> error(width, width, 1.0F);
    const Array2D<int> empty(width, width, 0);
    for (int y = 0; y < width; ++y)
      for (int x = 0; x < width; ++x) {
        const double shared = random.normal(), smooth = 20 * std::exp(-0.5 * (x * x + y * y) / 6400.0);
        a(x, y) = static_cast<float>(random.normal() + shared + smooth);
        b(x, y) = static_cast<float>(random.normal() + sign * shared + smooth);
      }
    const double expected = sign == 0 ? 0 : 0.5 * sign;
    EXPECT_NEAR(band_noise_correlation(a, error, b, error, empty), expected, 0.025) << sign;
  }
}

}  // namespace
}  // namespace arcproof::photometry

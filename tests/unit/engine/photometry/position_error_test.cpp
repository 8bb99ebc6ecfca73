// Whether the errors of a clump's position are the scatter of its position over skies whose noise is
// correlated.
#include "engine/core/statistics.h"
#include "tests/unit/engine/photometry/one_band_sky.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::photometry {
namespace {

using one_band::OneBandSky;

constexpr double drizzled_sigma_njy = 0.5;
constexpr double neighbour_weight = 0.5;  // of the filter [a, 1, a] along both axes: what drizzling leaves

// White noise through the filter, with the standard deviation above.
void add_drizzled_noise(Array2D<float>& image, int number) {
  Random random({.seed = 41, .purpose = "drizzled noise", .realisation = number});
  const int side = image.width();
  Array2D<double> white(side + 2, side + 2);
  for (double& v : white) v = random.normal();
  const double kernel[] = {neighbour_weight, 1, neighbour_weight};
  const double norm = drizzled_sigma_njy / (1 + 2 * neighbour_weight * neighbour_weight);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      double sum = 0;
      for (int j = 0; j < 3; ++j)
        for (int i = 0; i < 3; ++i) sum += kernel[i] * kernel[j] * white(x + i, y + j);
      image(x, y) += static_cast<float>(norm * sum);
    }
}

// That of the filter, in closed form.
NoiseCorrelation of_the_filter() {
  const double a = neighbour_weight, one[] = {1, 2 * a / (1 + 2 * a * a), a * a / (1 + 2 * a * a)};
  Array2D<double> rho(5, 5, 0.0);
  for (int y = -2; y <= 2; ++y)
    for (int x = -2; x <= 2; ++x) rho(x + 2, y + 2) = one[std::abs(x)] * one[std::abs(y)];
  return NoiseCorrelation(rho);
}

// 300 skies, S/N about 15: of 600 true coordinates (x and y, hardly correlated) 68.3% within one error, with
// a standard error of 1.9%; a fraction outside of 62 to 74% is off by 3.1 of these, false alarm 0.2%. Errors
// for white noise are too small: below half the coordinates lie within. Seed 41.
TEST(PositionError, FollowsTheNoiseModel) {
  OneBandSky clean(61, drizzled_sigma_njy, {{30.2, 29.7, 400, 1.2}});
  clean.correlation = of_the_filter();
  ProtocolOptions correlated = one_band::best_fit_only(), white = correlated;
  correlated.noise = NoiseModel::correlated;
  white.noise = NoiseModel::white;
  int within_correlated = 0, within_white = 0, coordinates = 0;
  std::vector<double> x, x_error;
  for (int number = 0; number < 300; ++number) {
    OneBandSky sky = clean;
    add_drizzled_noise(sky.exposure.flux_njy, number);
    const ClumpPhotometry a = sky.measure({{30, 30}}, correlated), b = sky.measure({{30, 30}}, white);
    ASSERT_EQ(a.x, b.x);  // the noise model is one of errors
    ASSERT_EQ(a.quality, 0) << number;
    const double off[] = {std::abs(a.x - 30.2), std::abs(a.y - 29.7)};
    const double errors[] = {a.x_error, a.y_error}, white_errors[] = {b.x_error, b.y_error};
    for (int axis = 0; axis < 2; ++axis) {
      ++coordinates;
      within_correlated += off[axis] <= errors[axis];
      within_white += off[axis] <= white_errors[axis];
      EXPECT_GT(errors[axis], white_errors[axis]);
    }
    x.push_back(a.x);
    x_error.push_back(a.x_error);
  }
  const double fraction = static_cast<double>(within_correlated) / coordinates,
               fraction_white = static_cast<double>(within_white) / coordinates;
  std::printf("within one error: correlated %.3f, white %.3f; scatter %.4f, mean error %.4f\n", fraction,
              fraction_white, statistics::standard_deviation(x), statistics::mean(x_error));
  EXPECT_GT(fraction, 0.62);
  EXPECT_LT(fraction, 0.74);
  EXPECT_LT(fraction_white, 0.5);
}

// Without correlation both noise models are one.
TEST(PositionError, WithoutCorrelationIsThatOfWhiteNoise) {
  OneBandSky sky(61, drizzled_sigma_njy, {{30.2, 29.7, 400, 1.2}});
  sky.add_white_noise(42, 0);
  ProtocolOptions correlated = one_band::best_fit_only();
  correlated.noise = NoiseModel::correlated;
  const ClumpPhotometry a = sky.measure({{30, 30}}, correlated),
                        b = sky.measure({{30, 30}}, one_band::best_fit_only());
  EXPECT_EQ(a.x_error, b.x_error);
  EXPECT_EQ(a.y_error, b.y_error);
  EXPECT_GT(a.x_error, 0);
}

}  // namespace
}  // namespace arcproof::photometry

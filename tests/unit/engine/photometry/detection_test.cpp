#include "engine/photometry/detection.h"

#include "engine/core/parallel.h"
#include "engine/core/random.h"
#include "engine/core/units.h"
#include "engine/photometry/sky_noise.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::photometry {
namespace {

Array2D<float> noise(int side, double sigma, std::uint64_t seed) {
  Random random({.seed = seed, .purpose = "noise"});
  Array2D<float> image(side, side);
  for (std::size_t i = 0; i < image.size(); ++i)
    image.data()[i] = static_cast<float>(sigma * random.normal());
  return image;
}

void add_gaussian(Array2D<float>& image, double x, double y, double sigma, double flux) {
  for (int j = 0; j < image.height(); ++j)
    for (int i = 0; i < image.width(); ++i)
      image(i, j) += static_cast<float>(
          flux * std::exp(-0.5 * (std::pow(i - x, 2) + std::pow(j - y, 2)) / (sigma * sigma)) /
          (2 * M_PI * sigma * sigma));
}

TEST(Detection, FindsWhatStandsOut) {
  Array2D<float> image = noise(200, 1, 1);
  add_gaussian(image, 50.3, 60.8, 1.5, 200);
  add_gaussian(image, 140, 120, 1.5, 200);
  const DetectionResult found = detect(image, Array2D<float>(200, 200, 1.0F), {});
  for (const auto& [x, y] : {std::pair{50.3, 60.8}, std::pair{140.0, 120.0}}) {
    int near = 0;
    for (const Detection& d : found.objects) near += std::hypot(d.x - x, d.y - y) < 0.5;
    EXPECT_EQ(near, 1) << x;
  }
}

// libsep keeps state of its own; what it finds must not depend on what it was asked before, nor on threads.
TEST(Detection, DoesNotRememberEarlierImages) {
  Array2D<float> image = noise(160, 1, 2);
  for (int k = 0; k < 12; ++k) add_gaussian(image, 15 + 11 * k, 20 + 10 * k, 1.2, 60 + 20 * k);
  const Array2D<float> error(160, 160, 1.0F);
  const DetectionResult first = detect(image, error, {});
  Array2D<float> other = noise(90, 3, 3);
  add_gaussian(other, 40, 40, 2, 900);
  std::vector<DetectionResult> results(8);
  parallel_for(8, 2, [&](std::size_t i) {
    if (i % 2) detect(other, Array2D<float>(90, 90, 3.0F), {});
    results[i] = detect(image, error, {});
  });
  for (const DetectionResult& again : results) {
    ASSERT_EQ(again.objects.size(), first.objects.size());
    for (std::size_t k = 0; k < first.objects.size(); ++k) {
      EXPECT_EQ(again.objects[k].x, first.objects[k].x);
      EXPECT_EQ(again.objects[k].flux_njy, first.objects[k].flux_njy);
    }
  }
}

// White noise of 1 nJy a pixel: an aperture of A pixels scatters by sqrt(A); 1000 apertures tell it to 3%, so
// that 0.1 mag is a bound of three sigma.
TEST(LimitingDepth, IsTheScatterOfAperturesOnEmptySky) {
  const Array2D<float> image = noise(400, 1, 4);
  const sky::Psf psf = sky::Psf::parametric("F150W", 0.02);
  Random random({.seed = 5, .purpose = "apertures"});
  const DepthLimit limit = limiting_depth(image, Array2D<int>(400, 400, 0), psf, {}, random);
  const double radius = psf.fwhm_arcsec() / 0.02;
  const double expected = 5 * std::sqrt(M_PI * radius * radius) / psf.encircled_energy(radius * 0.02);
  EXPECT_NEAR(limit.mag_ab, units::abmag_from_njy(expected), 0.1);
}

TEST(LocalSky, IsTheNoiseOfThePixels) {
  const Array2D<float> image = noise(200, 2.5, 6);
  // 0.05: three times the error of a standard deviation from some 900 pixels or more.
  EXPECT_NEAR(local_sky_sigma(image, Array2D<int>(200, 200, 0), 100, 100), 2.5, 0.2);
}

}  // namespace
}  // namespace arcproof::photometry

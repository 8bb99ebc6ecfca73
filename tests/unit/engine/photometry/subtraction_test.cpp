// Models taken away from clumps that the mock renderer, which shares no code with them, draws.
#include "engine/photometry/subtraction.h"

#include "engine/core/missing.h"
#include "engine/photometry/convolution/convolved_gaussian.h"
#include "tests/unit/engine/photometry/one_band_sky.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::photometry {
namespace {

using one_band::OneBandSky;

constexpr double sky_njy = 0.5, bright_njy = 1e5;

ClumpPhotometry known(double x, double y, const Covariance& shape, double flux_njy) {
  ClumpPhotometry clump;
  clump.x = x;
  clump.y = y;
  clump.shape = shape;
  clump.quality = 0;
  clump.trusted = true;
  clump.bands.resize(1);
  clump.bands[0].flux_njy = flux_njy;
  clump.bands[0].sky_sigma_njy = sky_njy;
  return clump;
}

Array2D<float> rest_of(const Array2D<float>& image, const std::vector<ClumpPhotometry>& clumps) {
  return subtract_models(image, clumps, 0, *one_band::psf());
}

bool is_same(const Array2D<float>& a, const Array2D<float>& b) {
  return a.width() == b.width() && std::equal(a.begin(), a.end(), b.begin());
}

// The largest absolute value at distances from `low` to `high` pixels of a place.
double largest_between(const Array2D<float>& image, double x, double y, double low, double high) {
  double most = 0;
  for (int j = 0; j < image.height(); ++j)
    for (int i = 0; i < image.width(); ++i) {
      const double r = std::hypot(i - x, j - y);
      if (r >= low && r <= high) most = std::max<double>(most, std::abs(image(i, j)));
    }
  return most;
}

// By how much the means of the two rows (and columns) just inside and outside of a square's border differ,
// the largest of its four sides.
double step_at_border(const Array2D<float>& image, int cx, int cy, int half) {
  double most = 0;
  for (const int side : {-1, 1})
    for (const bool row : {false, true}) {
      double inside = 0, outside = 0;
      for (int k = -half; k <= half; ++k)
        for (const int off : {0, 1}) {
          const int in = side * (half - off), out = side * (half + 1 + off);
          inside += row ? image(cx + k, cy + in) : image(cx + in, cy + k);
          outside += row ? image(cx + k, cy + out) : image(cx + out, cy + k);
        }
      most = std::max(most, std::abs(inside - outside) / (2 * (2 * half + 1)));
    }
  return most;
}

struct Bright {
  OneBandSky sky;
  ClumpPhotometry clump;
};

// A compact clump of 2e5 sigma, without noise, and its fit.
const Bright& bright() {
  static const Bright both = [] {
    OneBandSky sky(201, sky_njy, {{100.3, 99.6, bright_njy, 0.5}});
    sky.hide_sky();
    ClumpPhotometry clump = sky.measure({{100, 100}}, one_band::best_fit_only());
    return Bright{std::move(sky), std::move(clump)};
  }();
  return both;
}

TEST(Subtraction, LeavesNothingAroundABrightClump) {
  const auto& [sky, clump] = bright();
  ASSERT_TRUE(clump.trusted) << quality_words(clump.quality);
  ASSERT_NEAR(clump.bands[0].sky_sigma_njy, sky_njy, 1e-6);
  const Array2D<float>& image = sky.exposure.flux_njy;
  ASSERT_GT(largest_between(image, 100.3, 99.6, 12, 13), 20 * sky_njy);  // there is something to leave
  for (const ClumpPhotometry& model : {clump, known(100.3, 99.6, {0.25, 0, 0.25}, bright_njy)}) {
    const Array2D<float> rest = rest_of(image, {model});
    EXPECT_LT(largest_between(rest, 100.3, 99.6, 12, 200), 0.2 * sky_njy);
    EXPECT_LT(largest_between(rest, 100.3, 99.6, 0, 12), 1e-5 * bright_njy);
  }
}

// Half sides of all squares that a model may be taken away on.
TEST(Subtraction, LeavesNoEdgeOfASquare) {
  const auto& [sky, clump] = bright();
  const Array2D<float> rest = rest_of(sky.exposure.flux_njy, {clump});
  for (const int half : {10, 21, 42, 85})
    EXPECT_LT(step_at_border(rest, 100, 100, half), 0.1 * sky_njy) << half;
  // What a square of 21 pixels would leave, and this test would see.
  Array2D<float> cut = rest;
  for (int y = 0; y < cut.height(); ++y)
    for (int x = 0; x < cut.width(); ++x)
      if (std::max(std::abs(x - 100), std::abs(y - 100)) > 10) cut(x, y) = sky.exposure.flux_njy(x, y);
  EXPECT_GT(step_at_border(cut, 100, 100, 10), 10 * sky_njy);
}

// A star on the centre of a pixel is the PSF's own image: no renderer is needed.
TEST(Subtraction, OfAStarIsThePsfItself) {
  const Array2D<double>& psf = one_band::psf()->image();
  const int half = one_band::psf()->half_size();
  Array2D<float> image(2 * half + 1, 2 * half + 1, 0.0F);
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) image(x, y) = static_cast<float>(bright_njy * psf(x, y));
  const Array2D<float> rest = rest_of(image, {known(half, half, {1e-8, 0, 1e-8}, bright_njy)});
  EXPECT_LT(largest_between(rest, half, half, 0, 12), 1e-6 * bright_njy);
  EXPECT_LT(largest_between(rest, half, half, 12, 200), 0.1 * sky_njy);
}

TEST(Subtraction, LeavesWhatIsNotTrusted) {
  const auto& [sky, clump] = bright();
  const Array2D<float>& image = sky.exposure.flux_njy;
  ClumpPhotometry untrusted = clump, negative = clump, unknown = clump;
  untrusted.trusted = false;
  negative.bands[0].flux_njy = -bright_njy;
  unknown.bands[0].flux_njy = nan;
  EXPECT_TRUE(is_same(rest_of(image, {untrusted, negative, unknown}), image));
  EXPECT_TRUE(is_same(rest_of(image, {untrusted, clump, negative}), rest_of(image, {clump})));
  EXPECT_FALSE(is_same(rest_of(image, {clump}), image));
}

// The model is that of the fit: the fast kernel on 21 x 21 pixels, for round, long and inclined shapes. A
// point shifted by a part of a pixel has light at the highest frequencies, where periods of 63 and 342 pixels
// end differently: 1.1e-6.
TEST(Subtraction, IsTheModelOfTheFit) {
  const PsfTransform psf(*one_band::psf(), 21);
  for (const auto& [shape, limit] : {std::pair{Covariance{1e-4, 0, 1e-4}, 2e-6},
                                     {Covariance{0.09, 0, 0.09}, 1e-6},
                                     {Covariance{1, 0, 1}, 1e-6},
                                     {covariance_of(3, 1, 0.6), 1e-6},
                                     {covariance_of(2, 0.3, -1.2), 1e-6}})
    for (const auto& [dx, dy] : {std::pair{0.0, 0.0}, {0.31, -0.44}, {-0.12, 0.27}}) {
      ComponentImages expected(21);
      expected.evaluate(psf, dx, dy, shape, Derivatives::none);
      const Array2D<float> rest =
          rest_of(Array2D<float>(201, 201, 0.0F), {known(100 + dx, 100 + dy, shape, bright_njy)});
      double worst = 0;
      for (int y = -10; y <= 10; ++y)
        for (int x = -10; x <= 10; ++x)
          worst = std::max(worst, std::abs(-rest(100 + x, 100 + y) / bright_njy -
                                           expected.plane(0)[(y + 10) * 21 + x + 10]));
      EXPECT_LT(worst, limit) << shape.xx << " " << shape.xy << " " << dx;
    }
}

// A faint clump takes a small square, with no more than a tenth of sigma on its border; outside of it nothing
// changes.
TEST(Subtraction, EndsWhereTheLightDoes) {
  const auto changed = [](const Array2D<float>& rest) {  // the half side of the square that is not 0
    int half = -1;
    for (int y = 0; y < rest.height(); ++y)
      for (int x = 0; x < rest.width(); ++x)
        if (rest(x, y) != 0) half = std::max({half, std::abs(x - 100), std::abs(y - 100)});
    return half;
  };
  int last = 0;
  for (const double flux : {10.0, 300.0, 3000.0, 1e5}) {
    const Array2D<float> rest =
        rest_of(Array2D<float>(201, 201, 0.0F), {known(100.2, 99.9, {1, 0.2, 0.8}, flux)});
    const int half = changed(rest);
    EXPECT_TRUE(half == 10 || half == 21 || half == 42 || half == 85) << half;
    EXPECT_GE(half, last);
    if (half < 85) {
      EXPECT_LE(largest_between(rest, 100, 100, half, 200), 0.1 * sky_njy) << flux;
    }
    last = half;
  }
  EXPECT_GT(last, 40);
  EXPECT_EQ(changed(rest_of(Array2D<float>(201, 201, 0.0F), {known(100, 100, {1, 0, 1}, 10)})), 10);
}

TEST(Subtraction, StopsAtTheImagesEdge) {
  const OneBandSky sky(61, sky_njy, {{1.2, 58.7, 3000, 0.7}});
  const Array2D<float> rest = rest_of(sky.exposure.flux_njy, {known(1.2, 58.7, {0.49, 0, 0.49}, 3000)});
  EXPECT_LT(largest_between(rest, 1.2, 58.7, 0, 100), 0.2 * sky_njy);
}

}  // namespace
}  // namespace arcproof::photometry

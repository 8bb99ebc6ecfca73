#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/core/units.h"
#include "engine/lens/delens.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

const LensModel& model() {
  static const LensModel lens({110, -73}, 0.4, {}, {{"halo", {}, 0.4, 0.3, 3, 100, 900}});
  return lens;
}
const LensMap& map() {
  static const LensMap field = LensMap::compute(model(), covering_grid({-30, -30}, {30, 30}, 0.1), 1);
  return field;
}
constexpr double d = 0.8;

// Half a turn does not change an ellipse.
double angle_difference(double a, double b) { return std::abs(std::remainder(a - b, units::pi)); }

// The axis magnifies 6 times along 0.3 rad and 2 times across.
TEST(SourceEllipse, ConstantFieldIsAnalytic) {
  const LensMap field = LensMap::constant(6, 2, 0.3);
  const SourceEllipse along = source_ellipse(field, 1, {{1, 2}, 0.6, 0.1, 0.3});
  EXPECT_NEAR(along.ellipse.sigma_major_arcsec, 0.1, 1e-15);
  EXPECT_NEAR(along.ellipse.sigma_minor_arcsec, 0.05, 1e-15);
  EXPECT_LT(angle_difference(along.ellipse.angle_rad, 0.3), 1e-12);
  EXPECT_NEAR(along.stretch_major, 1.0 / 6, 1e-15);
  EXPECT_NEAR(along.stretch_minor, 1.0 / 2, 1e-15);
  EXPECT_NEAR(along.mu, 12, 1e-12);
  EXPECT_FALSE(along.near_critical);
  EXPECT_EQ(along.nonlinearity, 0);
  // A source that is round is stretched by 6 : 2.
  const Ellipse image = image_ellipse(field.hessian({}), 1, {{}, 0.01, 0.01, 0}, {1, 2});
  EXPECT_NEAR(image.sigma_major_arcsec, 0.06, 1e-15);
  EXPECT_NEAR(image.sigma_minor_arcsec, 0.02, 1e-15);
  EXPECT_LT(angle_difference(image.angle_rad, 0.3), 1e-12);
}

// The slow twin: 20,000 points of the image's Gaussian carried to the source plane one by one by the exact
// model, and their covariance. Seed 7; with 20,000 points a variance is known to 1%: 5% is five sigma (false
// alarm rate 6e-7 for each of the 30 numbers).
TEST(SourceEllipse, IsTheCovarianceOfPointsCarriedBack) {
  Random random({.seed = 7, .purpose = "source ellipse"});
  for (int k = 0; k < 10; ++k) {
    const Ellipse image{{random.uniform(4, 9), random.uniform(-4, 4)}, 0.02, 0.008, random.uniform(0, 3)};
    const SourceEllipse source = source_ellipse(map(), d, image);
    if (source.near_critical) continue;
    double sx = 0, sy = 0, xx = 0, xy = 0, yy = 0;
    constexpr int points = 20000;
    const double c = std::cos(image.angle_rad), s = std::sin(image.angle_rad);
    for (int i = 0; i < points; ++i) {
      const double a = image.sigma_major_arcsec * random.normal(),
                   b = image.sigma_minor_arcsec * random.normal();
      const Vector2 theta{image.centre_arcsec.x + a * c - b * s, image.centre_arcsec.y + a * s + b * c};
      const Vector2 alpha = model().deflection(theta);
      const double x = theta.x - d * alpha.x - source.ellipse.centre_arcsec.x,
                   y = theta.y - d * alpha.y - source.ellipse.centre_arcsec.y;
      sx += x, sy += y, xx += x * x, xy += x * y, yy += y * y;
    }
    const double n = points;
    xx = xx / n - sx * sx / n / n, xy = xy / n - sx * sy / n / n, yy = yy / n - sy * sy / n / n;
    const double ce = std::cos(source.ellipse.angle_rad), se = std::sin(source.ellipse.angle_rad);
    const double major2 = std::pow(source.ellipse.sigma_major_arcsec, 2),
                 minor2 = std::pow(source.ellipse.sigma_minor_arcsec, 2);
    EXPECT_NEAR((ce * ce * xx + 2 * ce * se * xy + se * se * yy) / major2, 1, 0.05);
    EXPECT_NEAR((se * se * xx - 2 * ce * se * xy + ce * ce * yy) / minor2, 1, 0.05);
    EXPECT_NEAR((ce * se * (yy - xx) + (ce * ce - se * se) * xy) / std::sqrt(major2 * minor2), 0, 0.05);
  }
}

TEST(SourceEllipse, AreaShrinksByTheMagnificationAndBackAgain) {
  Random random({.seed = 8, .purpose = "source ellipse"});
  for (int k = 0; k < 500; ++k) {
    const Ellipse image{{random.uniform(-25, 25), random.uniform(-25, 25)},
                        0.1,
                        0.1 * random.uniform(0.1, 1),
                        random.uniform(-3, 3)};
    const SourceEllipse s = source_ellipse(map(), d, image);
    ASSERT_TRUE(std::isfinite(s.ellipse.sigma_major_arcsec) && s.ellipse.sigma_minor_arcsec >= 0);
    EXPECT_NEAR(s.ellipse.sigma_major_arcsec * s.ellipse.sigma_minor_arcsec * std::abs(s.mu) /
                    (image.sigma_major_arcsec * image.sigma_minor_arcsec),
                1, 1e-9);
    if (s.near_critical) continue;
    const Ellipse back = image_ellipse(map().hessian(image.centre_arcsec), d, s.ellipse, image.centre_arcsec);
    EXPECT_NEAR(back.sigma_major_arcsec, image.sigma_major_arcsec, 1e-10);
    EXPECT_NEAR(back.sigma_minor_arcsec, image.sigma_minor_arcsec, 1e-10);
  }
}

// Through the tangential line along +x: flagged around it, not far from it, never infinite or negative.
TEST(SourceEllipse, CriticalLinesAreFlagged) {
  int flagged = 0, calm = 0;
  for (double x = 5; x < 29; x += 0.01) {
    const SourceEllipse s = source_ellipse(map(), d, {{x, 0.003}, 0.05, 0.03, 0.2});
    EXPECT_TRUE(std::isfinite(s.ellipse.sigma_major_arcsec) && std::isfinite(s.ellipse.sigma_minor_arcsec));
    EXPECT_TRUE(std::isfinite(s.nonlinearity));
    EXPECT_GE(s.ellipse.sigma_minor_arcsec, 0);
    EXPECT_TRUE(s.near_critical || std::abs(s.mu) <= 50) << x;
    flagged += s.near_critical;
    calm += !s.near_critical;
  }
  EXPECT_GT(flagged, 5);
  EXPECT_GT(calm, 2000);
  const SourceEllipse off = source_ellipse(map(), d, {{300, 0}, 0.05, 0.03, 0.2});
  EXPECT_FALSE(off.inside_map);
  EXPECT_TRUE(std::isnan(off.ellipse.sigma_major_arcsec));
  EXPECT_THROW(source_ellipse(map(), d, {{0, 0}, 0.01, 0.03, 0.2}), ContractError);
}

}  // namespace
}  // namespace arcproof::lens

#include "engine/lens/delens.h"

#include "engine/core/error.h"
#include "engine/core/statistics.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

Lens constant_lens(double mu_t, double mu_r) { return {LensMap::constant(mu_t, mu_r, 0.3), 0, {}}; }

LensModel model_of(double sigma) {
  return {{110.8, -73.45}, 0.39, {}, {{"p", {0, 0}, 0.4, 0.5, 2, 80, sigma}}};
}

Lens real_lens() {
  const LensModel model = model_of(800);
  return {LensMap::compute(model, covering_grid({-20, -20}, {20, 20}, 0.05)), model.z_lens(),
          model.cosmology()};
}

TEST(ClumpMagnification, OfAConstantFieldIsThatOfTheField) {
  const ClumpMagnification m =
      magnification_of_clump(constant_lens(-6, 1.5), {}, {{100, -30}, 0.1, 0.05, 0.2}, 3, 0.02);
  EXPECT_NEAR(m.mu, 9, 1e-12);
  EXPECT_NEAR(m.spread, 0, 1e-12);
  EXPECT_NEAR(m.error_plus, 0, 1e-12);
  EXPECT_NEAR(m.error_minus, 0, 1e-12);
  EXPECT_TRUE(m.inside_map);
  EXPECT_NEAR(magnification_of_clump(constant_lens(6, 1.5), {}, {{0, 0}, 0, 0, 0}, 3, 0.02).mu_tangential, 6,
              1e-12);
}

// By hand: the pixels of an ellipse that points outwards, where mu changes fastest, from the exact model.
TEST(ClumpMagnification, IsTheMedianOverThePixelsOfTheEllipse) {
  const Lens lens = real_lens();
  const LensModel model = model_of(800);
  const double pixel = 0.02, z = 2, a = 0.1, b = 0.04, angle = 0.42;
  const Vector2 centre{9, 4};
  std::vector<double> mu;
  for (int i = -10; i <= 10; ++i) {
    for (int j = -10; j <= 10; ++j) {
      const double along = pixel * (i * std::cos(angle) + j * std::sin(angle));
      const double across = pixel * (j * std::cos(angle) - i * std::sin(angle));
      if (std::pow(along / a, 2) + std::pow(across / b, 2) <= 1)
        mu.push_back(std::abs(model.magnification({centre.x + i * pixel, centre.y + j * pixel}, z).mu));
    }
  }
  const ClumpMagnification m = magnification_of_clump(lens, {}, {centre, a, b, angle}, z, pixel);
  EXPECT_NEAR(m.mu, statistics::median(mu), 1e-3 * m.mu);  // the map's interpolation
  EXPECT_NEAR(m.spread, statistics::standard_deviation(mu), 0.01 * m.spread);
  EXPECT_LT(magnification_of_clump(lens, {}, {centre, a, b, -angle}, z, pixel).spread, 0.9 * m.spread);
  EXPECT_EQ(m.error_plus, m.spread);
  EXPECT_EQ(m.posterior_median, m.mu);
}

// One model of a wide clump: the median of the centre and of eight points half-way out, by hand.
TEST(ClumpMagnification, PosteriorIsTakenHalfWayOut) {
  const LensModel model = model_of(780);
  const double a = 0.6, b = 0.2, angle = 0.5;
  const Vector2 centre{12, -3};
  std::vector<double> mu = {std::abs(model.magnification(centre, 2).mu)};
  for (int k = 0; k < 8; ++k) {
    const double u = a / 2 * std::cos(k * 0.7853981633974483), v = b / 2 * std::sin(k * 0.7853981633974483);
    const Vector2 theta{centre.x + u * std::cos(angle) - v * std::sin(angle),
                        centre.y + u * std::sin(angle) + v * std::cos(angle)};
    mu.push_back(std::abs(model.magnification(theta, 2).mu));
  }
  const ClumpMagnification m =
      magnification_of_clump(real_lens(), std::vector{model}, {centre, a, b, angle}, 2, 0.02);
  EXPECT_NEAR(m.posterior_median, statistics::median(mu), 1e-12);
}

TEST(ClumpMagnification, OfAPointIsThatOfItsPixel) {
  const Lens lens = real_lens();
  const ClumpMagnification m = magnification_of_clump(lens, {}, {{5, 1}, 0.008, 0.008, 0}, 2, 0.02);
  EXPECT_EQ(m.mu, std::abs(magnification(lens.map.hessian({5, 1}), lens.efficiency(2)).mu));
  EXPECT_EQ(m.mu_tangential,
            std::abs(magnification(lens.map.hessian({5, 1}), lens.efficiency(2)).mu_tangential));
  EXPECT_EQ(m.spread, 0);
}

// Five models of a point, one of them the map's own: quantiles of five magnifications, by hand.
TEST(ClumpMagnification, PosteriorErrorsReachToItsQuantiles) {
  const Lens lens = real_lens();
  std::vector<LensModel> posterior;
  std::vector<double> mu;
  for (const double sigma : {760.0, 780.0, 800.0, 805.0, 830.0}) {
    posterior.push_back(model_of(sigma));
    mu.push_back(std::abs(posterior.back().magnification({15, 3}, 2).mu));
  }
  const ClumpMagnification m = magnification_of_clump(lens, posterior, {{15, 3}, 0, 0, 0}, 2, 0.02);
  EXPECT_NEAR(m.posterior_minus, m.mu - statistics::quantile(mu, 0.16), 1e-9);
  EXPECT_NEAR(m.posterior_plus, statistics::quantile(mu, 0.84) - m.mu, 1e-9);
  EXPECT_NEAR(m.posterior_median, statistics::median(mu), 1e-9);
  EXPECT_GT(m.posterior_minus, 0);
  EXPECT_GT(m.posterior_plus, 0);
  const ClumpMagnification wide = magnification_of_clump(lens, posterior, {{15, 3}, 0.2, 0.1, 0}, 2, 0.02);
  EXPECT_DOUBLE_EQ(wide.error_minus, std::hypot(wide.spread, wide.posterior_minus));
  EXPECT_DOUBLE_EQ(wide.error_plus, std::hypot(wide.spread, wide.posterior_plus));
  EXPECT_GT(wide.spread, 0);
}

// A posterior that lies wholly above the best model leaves no error downwards, never a negative one.
TEST(ClumpMagnification, PosteriorErrorsAreNotNegative) {
  const Lens lens = real_lens();
  const std::vector<LensModel> above = {model_of(780), model_of(785)};
  const ClumpMagnification m = magnification_of_clump(lens, above, {{15, 3}, 0, 0, 0}, 2, 0.02);
  EXPECT_EQ(m.posterior_minus, 0);
  EXPECT_GT(m.posterior_plus, 0);
  EXPECT_GT(m.posterior_median, m.mu);
}

TEST(ClumpMagnification, OutsideTheMapNothingIsKnown) {
  const ClumpMagnification m = magnification_of_clump(real_lens(), {}, {{25, 0}, 0.1, 0.1, 0}, 2, 0.02);
  EXPECT_FALSE(m.inside_map);
  for (const double x :
       {m.mu, m.mu_tangential, m.spread, m.posterior_minus, m.posterior_plus, m.error_minus, m.error_plus})
    EXPECT_TRUE(std::isnan(x));
  EXPECT_TRUE(magnification_of_clump(real_lens(), {}, {{19.99, 0}, 0.1, 0.1, 0}, 2, 0.02).inside_map);
}

TEST(ClumpMagnification, RefusesWhatIsNoEllipse) {
  EXPECT_THROW(magnification_of_clump(real_lens(), {}, {{0, 0}, 0.1, 0.2, 0}, 2, 0.02), ContractError);
  EXPECT_THROW(magnification_of_clump(real_lens(), {}, {{0, 0}, 0.1, 0.1, 0}, 2, 0), ContractError);
}

TEST(Lens, EfficiencyIsOneInAConstantField) {
  EXPECT_EQ(constant_lens(2, 1).efficiency(5), 1);
  EXPECT_NEAR(real_lens().efficiency(2), sky::Cosmology{}.lensing_efficiency(0.39, 2), 1e-15);
}

// sqrt(2 ln 2) = 1.177410; 1" at z = 1.449 is 8.45006 kpc (astropy 5.2).
TEST(IntrinsicSize, ResolvedOnBothAxesIsDividedByTheRootOfMu) {
  const IntrinsicSize size = intrinsic_size(0.04, 0.01, 0.008, 9, 6, 1.449, {});
  EXPECT_EQ(size.size_case, SizeCase::resolved);
  EXPECT_NEAR(size.radius_arcsec, 0.02 * 1.1774100 / 3, 1e-9);
  EXPECT_NEAR(size.radius_pc, size.radius_arcsec * 8450.06, 1e-4);
}

TEST(IntrinsicSize, ResolvedOnOneAxisTakesTheMajorAxisAndTangentialMagnification) {
  const IntrinsicSize size = intrinsic_size(0.04, 0.008, 0.008, 9, 6, 1.449, {});
  EXPECT_EQ(size.size_case, SizeCase::resolved_one_axis);
  EXPECT_NEAR(size.radius_arcsec, 0.04 * 1.1774100 / 6, 1e-9);
}

TEST(IntrinsicSize, UnresolvedIsTheLimitOfTheFloor) {
  const IntrinsicSize size = intrinsic_size(0.008, 0.001, 0.008, 9, 6, 1.449, {});
  EXPECT_EQ(size.size_case, SizeCase::unresolved);
  EXPECT_NEAR(size.radius_arcsec, 0.008 * 1.1774100 / 6, 1e-9);
  EXPECT_THROW(intrinsic_size(0.008, 0.001, 0.008, -9, 6, 1.449, {}), ContractError);
}

}  // namespace
}  // namespace arcproof::lens

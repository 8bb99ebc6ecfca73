#include "engine/lens/map.h"

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/core/units.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

LensModel smooth_lens() {
  return {{110.8, -73.45},
          0.39,
          {},
          {{"a", {-2, 1}, 0.5, 0.4, 4, 100, 900}, {"b", {5, 3}, 0.2, 1.4, 2, 30, 300}}};
}

TEST(Grid, CoversItsRectangle) {
  const Grid grid = covering_grid({-1, -2}, {1.05, 3}, 0.1);
  EXPECT_EQ(grid.width, 22);
  EXPECT_EQ(grid.height, 51);
  for (const Vector2 corner : {Vector2{-1, -2}, Vector2{1.05, 3}, Vector2{1.1, -2}})
    EXPECT_TRUE(grid.contains(corner));
  for (const Vector2 outside : {Vector2{-1.01, 0}, Vector2{1.11, 0}, Vector2{0, 3.01}, Vector2{0, -2.01}})
    EXPECT_FALSE(grid.contains(outside));
  EXPECT_FALSE(grid.contains({std::nan(""), 0}));
  EXPECT_DOUBLE_EQ(grid.node(3, 4).x, -0.7);
  EXPECT_DOUBLE_EQ(grid.node(3, 4).y, -1.6);
}

// Whatever the step, the far corner is on the grid in spite of rounding, and a point has 2 x 2 nodes.
TEST(Grid, CoversItsFarCornerWithEveryStep) {
  for (int k = 1; k < 500; ++k) {
    const double step = 0.001 * k;
    const Grid grid = covering_grid({-3, -3}, {3, 3}, step);
    EXPECT_TRUE(grid.contains({3, 3})) << step;
    EXPECT_LT((grid.width - 2) * step, 6) << step;
  }
  EXPECT_EQ(covering_grid({1, 1}, {1, 1}, 0.1).width, 2);
  EXPECT_THROW(covering_grid({0, 0}, {1, 1}, 0), ContractError);
  EXPECT_THROW(covering_grid({0, 0}, {-1, 1}, 0.1), ContractError);
}

TEST(LensMap, HoldsTheModelOnItsNodes) {
  const LensModel model = smooth_lens();
  const LensMap map = LensMap::compute(model, covering_grid({-3, -3}, {3, 3}, 0.25), 2);
  for (const Vector2 theta : {Vector2{-3, -3}, Vector2{3, 3}, Vector2{0.25, -1.5}}) {
    EXPECT_DOUBLE_EQ(map.hessian(theta).xx, model.hessian(theta).xx);
    EXPECT_DOUBLE_EQ(map.hessian(theta).xy, model.hessian(theta).xy);
    EXPECT_DOUBLE_EQ(map.hessian(theta).yy, model.hessian(theta).yy);
    EXPECT_NEAR(map.deflection(theta).x, model.deflection(theta).x, 1e-14);
    EXPECT_NEAR(map.deflection(theta).y, model.deflection(theta).y, 1e-14);
  }
}

// Each component of the Hessian is the mean of its neighbours half-way between them; the deflection is 1e4
// times better than its own bilinear interpolation would be.
TEST(LensMap, InterpolatesBetweenNodes) {
  const LensModel model = smooth_lens();
  const LensMap map = LensMap::compute(model, covering_grid({-3, -3}, {3, 3}, 0.25));
  const Hessian a = model.hessian({0.25, 0.5}), b = model.hessian({0.5, 0.5}),
                middle = map.hessian({0.375, 0.5});
  EXPECT_DOUBLE_EQ(middle.xx, 0.5 * (a.xx + b.xx));
  EXPECT_DOUBLE_EQ(middle.xy, 0.5 * (a.xy + b.xy));
  EXPECT_DOUBLE_EQ(middle.yy, 0.5 * (a.yy + b.yy));
  Random random({.seed = 1, .purpose = "map"});
  for (int i = 0; i < 200; ++i) {
    const Vector2 theta{random.uniform(-2.7, 2.7), random.uniform(-2.7, 2.7)};
    EXPECT_NEAR(map.deflection(theta).x, model.deflection(theta).x, 1e-5);
    EXPECT_NEAR(map.deflection(theta).y, model.deflection(theta).y, 1e-5);
  }
}

// The interpolated deflection and its slope do not jump between cells.
TEST(LensMap, DeflectionIsSmoothAcrossCells) {
  const LensMap map = LensMap::compute(smooth_lens(), covering_grid({-3, -3}, {3, 3}, 0.25));
  constexpr double h = 1e-6;
  for (const double y : {-0.6, 0.1, 1.3}) {
    const double before = map.deflection({0.5 - h, y}).x, at = map.deflection({0.5, y}).x,
                 after = map.deflection({0.5 + h, y}).x;
    EXPECT_NEAR(after - at, at - before, 1e-11);
  }
}

TEST(LensMap, RefusesPositionsOffTheGrid) {
  const LensMap map = LensMap::compute(smooth_lens(), covering_grid({-3, -3}, {3, 3}, 0.25));
  EXPECT_TRUE(map.covers({3, 3}));
  EXPECT_FALSE(map.covers({3.1, 0}));
  EXPECT_THROW(map.hessian({3.1, 0}), ContractError);
  EXPECT_THROW(map.deflection({0, -3.1}), ContractError);
  EXPECT_THROW(LensMap::compute(smooth_lens(), Grid{{0, 0}, 0.1, 1, 5}), ContractError);
}

// The image of a source displacement along the stretch is mu_t times as long, across it mu_r times.
TEST(LensMap, ConstantFieldStretchesAlongItsAngle) {
  for (const auto& [mu_t, mu_r, angle] :
       {std::tuple{8.0, 1.5, 0.4}, std::tuple{-6.0, 0.8, 2.0}, std::tuple{5.0, -0.5, -1.0}}) {
    const LensMap map = LensMap::constant(mu_t, mu_r, angle);
    EXPECT_TRUE(map.is_constant());
    EXPECT_TRUE(map.covers({1e6, -1e6}));
    const Magnification m = magnification(map.hessian({3, 4}), 1);
    EXPECT_NEAR(m.mu, mu_t * mu_r, 1e-12);
    const double c = std::cos(angle), s = std::sin(angle);
    const Vector2 along = map.source_position({mu_t * c, mu_t * s}, 1),
                  across = map.source_position({-mu_r * s, mu_r * c}, 1);
    EXPECT_NEAR(along.x, c, 1e-14);
    EXPECT_NEAR(along.y, s, 1e-14);
    EXPECT_NEAR(across.x, -s, 1e-14);
    EXPECT_NEAR(across.y, c, 1e-14);
  }
  EXPECT_NEAR(magnification(LensMap::constant(8, 1.5, 0.4).hessian({}), 1).mu_tangential, 8, 1e-13);
  EXPECT_THROW(LensMap::constant(0, 1, 0), ContractError);
}

}  // namespace
}  // namespace arcproof::lens

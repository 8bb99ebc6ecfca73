#include "engine/lens/model.h"

#include "engine/core/error.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

LensModel two_galaxies() {
  return {{110.8, -73.45},
          0.39,
          {},
          {{"a", {-2, 1}, 0.5, 0.4, 2, 100, 700}, {"b", {8, 3}, 0.2, 1.4, 0.1, 10, 200}}};
}

// +x is west: to the east of the reference, RA grows and x falls.
TEST(LensFrame, PlusXIsWestAndPlusYIsNorth) {
  const sky::SkyPosition reference{110.8, -60};
  const Vector2 east = to_frame(reference, {110.9, -60}), north = to_frame(reference, {110.8, -59.9});
  EXPECT_NEAR(east.x, -0.1 * 3600 * 0.5, 1e-9);  // cos 60 = 1/2
  EXPECT_NEAR(east.y, 0, 1e-9);
  EXPECT_NEAR(north.x, 0, 1e-9);
  EXPECT_NEAR(north.y, 360, 1e-9);
}

TEST(LensFrame, GoesBothWaysAcrossZeroHours) {
  for (const double ra : {0.0, 0.001, 359.999, 180.0}) {
    const sky::SkyPosition reference{ra, 20};
    for (const Vector2 theta : {Vector2{30, -12}, Vector2{-30, 12}, Vector2{0, 0}}) {
      const sky::SkyPosition sky = to_sky(reference, theta);
      EXPECT_GE(sky.ra_deg, 0);
      EXPECT_LT(sky.ra_deg, 360);
      const Vector2 back = to_frame(reference, sky);
      EXPECT_NEAR(back.x, theta.x, 1e-9);
      EXPECT_NEAR(back.y, theta.y, 1e-9);
    }
  }
}

// A = 1 - d H with eigenvalues 1 - kappa -+ gamma: worked by hand.
TEST(Magnification, IsTheInverseDeterminantOfTheMapping) {
  const Magnification m = magnification({0.9, 0.3, 0.1}, 0.5);
  EXPECT_NEAR(m.kappa, 0.25, 1e-15);
  EXPECT_NEAR(m.gamma1, 0.2, 1e-15);
  EXPECT_NEAR(m.gamma2, 0.15, 1e-15);
  EXPECT_NEAR(m.gamma(), 0.25, 1e-15);
  EXPECT_NEAR(m.mu_tangential, 2, 1e-14);
  EXPECT_NEAR(m.mu_radial, 1, 1e-14);
  EXPECT_NEAR(1 / m.mu, (1 - 0.45) * (1 - 0.05) - 0.15 * 0.15, 1e-14);
  EXPECT_EQ(magnification({0.9, 0.3, 0.1}, 0).mu, 1);
  EXPECT_LT(magnification({1.9, 0, 0.2}, 1).mu, 0);  // between the critical curves images are mirrored
}

TEST(LensModel, SumsItsPotentials) {
  const LensModel model = two_galaxies();
  const Vector2 theta{5, -4}, a = deflection(model.potentials()[0], theta),
                              b = deflection(model.potentials()[1], theta);
  const Hessian h = hessian(model.potentials()[0], theta), k = hessian(model.potentials()[1], theta);
  EXPECT_DOUBLE_EQ(model.deflection(theta).x, a.x + b.x);
  EXPECT_DOUBLE_EQ(model.deflection(theta).y, a.y + b.y);
  EXPECT_DOUBLE_EQ(model.hessian(theta).xy, h.xy + k.xy);
}

TEST(LensModel, EvaluatesManyPositionsAsOneByOne) {
  const LensModel model = two_galaxies();
  std::vector<Vector2> theta, alpha;
  std::vector<Hessian> h;
  for (int i = 0; i < 300; ++i) theta.push_back({0.1 * i - 15, 7 - 0.05 * i});
  model.evaluate(theta, &alpha, &h);
  ASSERT_EQ(alpha.size(), theta.size());
  for (std::size_t i = 0; i < theta.size(); ++i) {
    EXPECT_EQ(alpha[i].x, model.deflection(theta[i]).x);
    EXPECT_EQ(h[i].yy, model.hessian(theta[i]).yy);
  }
  model.evaluate({}, &alpha, nullptr);
  EXPECT_TRUE(alpha.empty());
}

// A source behind the lens is seen through D_LS / D_S; one in front of it is not lensed.
TEST(LensModel, ScalesWithTheEfficiencyOfTheSource) {
  const LensModel model = two_galaxies();
  const Vector2 theta{5, -4};
  const double d = model.efficiency(2.0);
  EXPECT_NEAR(
      d, 1 - model.cosmology().comoving_distance_mpc(0.39) / model.cosmology().comoving_distance_mpc(2.0),
      1e-14);
  EXPECT_NEAR(model.source_position(theta, 2.0).x, theta.x - d * model.deflection(theta).x, 1e-14);
  EXPECT_NEAR(model.magnification(theta, 2.0).kappa,
              d * 0.5 * (model.hessian(theta).xx + model.hessian(theta).yy), 1e-14);
  EXPECT_EQ(model.source_position(theta, 0.3).y, theta.y);
  EXPECT_EQ(model.magnification(theta, 0.3).mu, 1);
}

TEST(LensModel, RefusesWhatIsNoLens) {
  EXPECT_THROW(LensModel({0, 0}, 0, {}, {}), ContractError);
  EXPECT_THROW(LensModel({0, 0}, 0.4, {}, {DualPie{.cut_radius_arcsec = -1}}), ContractError);
  EXPECT_EQ(LensModel({0, 0}, 0.4, {}, {}).deflection({1, 2}).x, 0);
}

}  // namespace
}  // namespace arcproof::lens

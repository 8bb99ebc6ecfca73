// The profiles beside the dPIE: against differences of their potentials, their analytic surface densities and
// their limits.
#include "engine/lens/profiles/profile.h"

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/core/units.h"
#include "engine/lens/model.h"

#include <cmath>
#include <functional>
#include <numbers>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

struct Case {
  std::string name;
  Profile profile;
  std::function<double(Vector2)> kappa;  // analytic; of a position along the axes of the potential
  Vector2 centre;
  double angle;
};

const Vector2 centre{1.5, -2.25};
constexpr double angle = 0.7;

// The surface density of the sphere, as Bartelmann (1996) prints it; in extended precision, for it loses half
// of its digits at x = 1.
using Real = long double;
Real nfw_t(Real x) {
  return x < 1 ? std::acosh(1 / x) / std::sqrt(1 - x * x) : std::acos(1 / x) / std::sqrt(x * x - 1);
}
Real nfw_sphere_kappa(Real b0, Real rs, Real r) {
  const Real x = r / rs;
  return b0 / (2 * rs) * (1 - nfw_t(x)) / (x * x - 1);
}
Real nfw_sphere_mean_kappa(Real b0, Real rs, Real r) {
  const Real x = r / rs;
  return b0 / rs * (std::log(x / 2) + nfw_t(x)) / (x * x);
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const double eps : {0.0, 0.1, 0.3}) {
    const IsothermalPotential lens{centre, eps, angle, 800};
    all.push_back({"isothermal potential", lens,
                   [=](Vector2 p) {
                     const double r = std::sqrt((1 - eps) * p.x * p.x + (1 + eps) * p.y * p.y);
                     return lens.b0_arcsec() * (1 - eps * eps) * (p.x * p.x + p.y * p.y) / (2 * r * r * r);
                   },
                   centre, angle});
  }
  for (const double e : {0.0, 1e-9, 0.2, 0.9}) {
    const IsothermalEllipsoid lens{centre, e, angle, 800};
    all.push_back({"isothermal ellipsoid", lens,
                   [=](Vector2 p) {
                     const double q2 = (1 - e) / (1 + e);  // Kormann+1994: 1 / sqrt(q^2 u^2 + v^2)
                     return lens.b0_arcsec() / (2 * std::sqrt((1 + e) * (q2 * p.x * p.x + p.y * p.y)));
                   },
                   centre, angle});
  }
  for (const double eps : {0.0, 0.2}) {
    const NfwHalo halo{centre, eps, angle, 5, 1200};
    // Golse & Kneib (2002), eq. 17: kappa(R) + eps cos(2 phi_eps) gamma(R).
    all.push_back({"NFW", halo,
                   [=](Vector2 p) {
                     const Real u = std::sqrt(1 - Real(eps)) * p.x, v = std::sqrt(1 + Real(eps)) * p.y;
                     const Real r2 = u * u + v * v, r = std::sqrt(r2);
                     const Real kappa = nfw_sphere_kappa(halo.b0_arcsec(), 5, r);
                     const Real gamma = nfw_sphere_mean_kappa(halo.b0_arcsec(), 5, r) - kappa;
                     return static_cast<double>(kappa + eps * (u * u - v * v) / r2 * gamma);
                   },
                   centre, angle});
  }
  all.push_back(
      {"shear", ExternalShear{centre, 0.07, angle, 0.03}, [](Vector2) { return 0.03; }, centre, angle});
  all.push_back({"point mass", PointMass{centre, 7}, [](Vector2) { return 0.0; }, centre, angle});
  return all;
}

// 400 positions 0.3 to 60 arcsec from the centre, named stream.
std::vector<Vector2> positions() {
  Random random({.seed = 4, .purpose = "profile positions"});
  std::vector<Vector2> theta;
  for (int i = 0; i < 400; ++i) {
    const double r = 0.3 * std::pow(200.0, random.uniform(0, 1)), phi = random.uniform(0, 2 * units::pi);
    theta.push_back({centre.x + r * std::cos(phi), centre.y + r * std::sin(phi)});
  }
  return theta;
}

// Fourth-order central differences.
double derivative(const std::function<double(double)>& f, double h) {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

TEST(Profile, DeflectionIsTheGradientOfThePotential) {
  for (const Case& c : cases()) {
    double largest = 0;
    for (const Vector2& t : positions()) {
      const double h = 2e-3 * std::hypot(t.x - centre.x, t.y - centre.y);
      const double x = derivative([&](double d) { return potential(c.profile, {t.x + d, t.y}); }, h);
      const double y = derivative([&](double d) { return potential(c.profile, {t.x, t.y + d}); }, h);
      const Vector2 alpha = deflection(c.profile, t);
      largest = std::max(largest, std::hypot(alpha.x - x, alpha.y - y));
    }
    EXPECT_LT(largest, 1e-7) << c.name;
    RecordProperty(c.name, std::to_string(largest));
  }
}

TEST(Profile, HessianIsTheGradientOfTheDeflection) {
  for (const Case& c : cases()) {
    for (const Vector2& t : positions()) {
      const double h = 1e-3 * std::hypot(t.x - centre.x, t.y - centre.y);
      const auto ax = [&](double dx, double dy) { return deflection(c.profile, {t.x + dx, t.y + dy}).x; };
      const auto ay = [&](double dx, double dy) { return deflection(c.profile, {t.x + dx, t.y + dy}).y; };
      const Hessian H = hessian(c.profile, t);
      const double scale = 1e-8 * (1 + std::abs(H.xx) + std::abs(H.yy));
      EXPECT_NEAR(H.xx, derivative([&](double d) { return ax(d, 0); }, h), scale) << c.name;
      EXPECT_NEAR(H.xy, derivative([&](double d) { return ax(0, d); }, h), scale) << c.name;
      EXPECT_NEAR(H.xy, derivative([&](double d) { return ay(d, 0); }, h), scale) << c.name;
      EXPECT_NEAR(H.yy, derivative([&](double d) { return ay(0, d); }, h), scale) << c.name;
    }
  }
}

TEST(Profile, HalfTheTraceIsTheSurfaceDensity) {
  for (const Case& c : cases()) {
    for (const Vector2& t : positions()) {
      const double dx = t.x - c.centre.x, dy = t.y - c.centre.y, cs = std::cos(c.angle),
                   sn = std::sin(c.angle);
      const Hessian h = hessian(c.profile, t);
      const double kappa = c.kappa({dx * cs + dy * sn, dy * cs - dx * sn});
      EXPECT_NEAR((h.xx + h.yy) / 2, kappa, 1e-12 * (1 + std::abs(kappa) + std::abs(h.xx))) << c.name;
    }
  }
}

TEST(Profile, SphereHasOneEinsteinRadiusAndTheEllipsoidTendsToIt) {
  const IsothermalPotential sphere{{}, 0, 0.3, 1000};
  EXPECT_NEAR(sphere.b0_arcsec(), 4 * std::numbers::pi * 1e6 / (299792.458 * 299792.458) * 206264.80624709636,
              1e-11);
  for (const Vector2& t : positions()) {
    const Vector2 a = deflection(sphere, t);
    EXPECT_NEAR(std::hypot(a.x, a.y), sphere.b0_arcsec(), 1e-12 * sphere.b0_arcsec());
    const Vector2 b = deflection(IsothermalEllipsoid{{}, 1e-12, 0.3, 1000}, t);
    EXPECT_NEAR(a.x, b.x, 1e-9);
    EXPECT_NEAR(a.y, b.y, 1e-9);
  }
}

// A cored dPIE with a vanishing core and a distant cut is 3/2 of an SIE of the same dispersion (b0 = 6 pi
// against 4 pi), with its own normalisation: kappa = (b0 / 2) / sqrt(u^2/(1+eps)^2 + v^2/(1-eps)^2).
TEST(Profile, EllipsoidIsTheLimitOfTheDualPie) {
  const double e = 0.4, eps = (1 - std::sqrt(1 - e * e)) / e;
  const DualPie pie{"", {}, e, 0.5, 0, 1e9, 600};
  const IsothermalEllipsoid sie{{}, e, 0.5, 600};
  // (1 - e) u^2 + (1 + e) v^2 = k^2 [u^2/(1+eps)^2 + v^2/(1-eps)^2], k = (1 + eps) sqrt(1 - e)
  const double ratio = 1.5 * (1 + eps) * std::sqrt(1 - e);
  for (const Vector2& t : {Vector2{3, 1}, Vector2{-0.5, 7}, Vector2{10, -20}}) {
    const Vector2 a = deflection(pie, t), b = deflection(sie, t);
    EXPECT_NEAR(a.x, ratio * b.x, 1e-6);
    EXPECT_NEAR(a.y, ratio * b.y, 1e-6);
  }
}

TEST(Profile, NfwMassGrowsAsItShould) {
  const NfwHalo halo{{}, 0, 0, 10, 1000};
  // Close to the centre g = (x^2 / 2) [ln(2 / x) - 1/2] + O(x^4 ln x).
  for (const double r : {1e-6, 1e-4, 1e-2}) {
    const double x = r / 10;
    EXPECT_NEAR(deflection(halo, {r, 0}).x / (halo.b0_arcsec() * x / 2 * (std::log(2 / x) - 0.5)), 1,
                2 * x * x + 1e-13)
        << r;
  }
  EXPECT_NEAR(deflection(halo, {10, 0}).x, halo.b0_arcsec() * (1 - std::log(2.0)), 1e-12);  // g(1)
  // Far away the mass grows with the logarithm: g -> ln(x / 2) + pi / (2 x).
  EXPECT_NEAR(deflection(halo, {1e7, 0}).x * 1e6 / halo.b0_arcsec(), std::log(5e5) + units::pi / 2e6, 1e-9);
  for (const double near : {9.75, 9.7500001, 10.2469507, 10.247}) {  // where the series takes over
    const double h = 1e-5;
    EXPECT_NEAR((deflection(halo, {near + h, 0}).x - deflection(halo, {near - h, 0}).x) / (2 * h),
                hessian(halo, {near, 0}).xx, 1e-8);
  }
}

// /usr/bin/python3: astropy 5.2 cosmology FlatLambdaCDM(70, 0.3), constants of astropy:
//   rho_s = 200/3 * cosmo.critical_density(0.39) * c**3 / (log(1+c) - c/(1+c)); sqrt(8/3 * G * rs**2 * rho_s)
// with c = 5, rs = 300 kpc gives the number below; the point mass is sqrt(4 G M / c^2 / D_A), M = 1e12 M_sun.
TEST(Profile, PhysicalScalesAgreeWithAstropy) {
  const sky::Cosmology cosmology;
  EXPECT_NEAR(nfw_velocity_dispersion_km_s(5, 300, 0.39, cosmology) / 1355.63125780, 1, 1e-6);
  EXPECT_NEAR(
      point_mass_einstein_radius_arcsec(1e12, cosmology.angular_diameter_distance_mpc(0.39)) / 2.73190859, 1,
      1e-4);
}

TEST(Profile, ModelAddsThemToItsSum) {
  const DualPie pie{"halo", {0, 0}, 0.3, 0.2, 2, 100, 700};
  std::vector<Profile> further;
  for (const Case& c : cases()) further.push_back(c.profile);
  const LensModel plain({110, -73}, 0.4, {}, {pie}), model({110, -73}, 0.4, {}, {pie}, further);
  std::vector<Vector2> theta = positions(), alpha;
  std::vector<Hessian> hessians;
  model.evaluate(theta, &alpha, &hessians);
  for (std::size_t i = 0; i < theta.size(); ++i) {
    Vector2 a = plain.deflection(theta[i]);
    Hessian h = plain.hessian(theta[i]);
    for (const Profile& p : further) {
      const Vector2 da = deflection(p, theta[i]);
      const Hessian dh = hessian(p, theta[i]);
      a = {a.x + da.x, a.y + da.y};
      h = {h.xx + dh.xx, h.xy + dh.xy, h.yy + dh.yy};
    }
    EXPECT_EQ(alpha[i].x, a.x);
    EXPECT_EQ(alpha[i].y, a.y);
    EXPECT_EQ(hessians[i].xy, h.xy);
    EXPECT_EQ(model.hessian(theta[i]).xx, h.xx);
  }
}

TEST(Profile, CentresAreFiniteAndBadParametersRefused) {
  for (const Case& c : cases()) {
    const Vector2 alpha = deflection(c.profile, centre);
    EXPECT_NEAR(alpha.x, 0, 1e-30) << c.name;
    EXPECT_NEAR(alpha.y, 0, 1e-30) << c.name;
    const Hessian h = hessian(c.profile, centre);
    EXPECT_TRUE(std::isfinite(h.xx) && std::isfinite(h.xy) && std::isfinite(h.yy)) << c.name;
  }
  EXPECT_THROW(deflection(IsothermalPotential{{}, 1, 0, 100}, {1, 1}), ContractError);
  EXPECT_THROW(deflection(IsothermalEllipsoid{{}, -0.1, 0, 100}, {1, 1}), ContractError);
  EXPECT_THROW(deflection(NfwHalo{{}, 0.1, 0, 0, 100}, {1, 1}), ContractError);
  EXPECT_THROW(deflection(PointMass{{}, -1}, {1, 1}), ContractError);
  EXPECT_THROW(LensModel({}, 0.4, {}, {}, {NfwHalo{}}), ContractError);
}

}  // namespace
}  // namespace arcproof::lens

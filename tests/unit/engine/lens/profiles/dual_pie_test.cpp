#include "engine/lens/profiles/dual_pie.h"

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/core/units.h"
#include "engine/lens/profiles/dual_pie_sum.h"
#include "tests/unit/engine/lens/profiles/textbook_dual_pie.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

// The big halo of SMACS0723, a galaxy, and shapes at both ends of the range.
const std::vector<DualPie>& samples() {
  static const std::vector<DualPie> list = {
      {"halo", {-2.88, 1.06}, 0.5616, 548.27 * units::degree, 15.39, 283.5, 971.6},
      {"galaxy", {3.2, -0.7}, 0.21, 0.4, 0.0042, 1.33, 140},
      {"flat", {0, 0}, 0.97, -1.1, 0.3, 20, 200},
      {"nearly round", {1, 2}, 0.0005, 2.0, 0.5, 12, 300},
      {"round", {-1, 0.5}, 0, 0.3, 0.7, 9, 250},
  };
  return list;
}

std::vector<Vector2> positions(int count, double reach) {
  Random random({.seed = 3, .purpose = "positions"});
  std::vector<Vector2> list(count);
  for (Vector2& theta : list) theta = {random.uniform(-reach, reach), random.uniform(-reach, reach)};
  return list;
}

double difference(const Hessian& h, const textbook::Field& t) {
  const auto d = [](double a, textbook::Real b) { return static_cast<double>(std::abs(a - b)); };
  return std::max({d(h.xx, t.xx), d(h.xy, t.xy), d(h.yy, t.yy)});
}
double difference(Vector2 a, const textbook::Field& t) {
  return static_cast<double>(std::hypot(a.x - t.ax, a.y - t.ay));
}

double strength(const DualPie& p) {
  return p.b0_arcsec() * p.cut_radius_arcsec / (p.cut_radius_arcsec - p.core_radius_arcsec);
}

// What each of the two terms of the Hessian is about as large as: f / r outside the core.
double hessian_scale(const DualPie& p, Vector2 theta) {
  const double r = std::hypot(theta.x - p.centre_arcsec.x, theta.y - p.centre_arcsec.y);
  return strength(p) / std::max(r, p.core_radius_arcsec);
}

// b0 = 6 pi (sigma / c)^2, in arcsec: 43.2" (sigma / 1000 km/s)^2 to three digits.
TEST(DualPie, EinsteinScaleOfAThousandKilometresASecond) {
  EXPECT_NEAR((DualPie{.velocity_dispersion_km_s = 1000}).b0_arcsec(),
              6 * 1e6 * 648000 / (299792.458 * 299792.458), 1e-12);
  EXPECT_NEAR((DualPie{.ellipticity = 0.6}).epsilon(), (1 - 0.8) / 0.6, 1e-15);
  EXPECT_EQ(DualPie{}.epsilon(), 0);
}

// 1e-13 f: double rounding of quotients near 1, magnified by (1 - eps^2) / (2 sqrt(eps)) <= 35. 1e-13 f / r:
// 1e-14 but for the flattest, where W is 1 / (1 - eps) times as sensitive to v.
TEST(DualPie, AgreesWithThePrintedFormulasInExtendedPrecision) {
  for (const DualPie& p : samples()) {
    for (const Vector2 theta : positions(2000, 40)) {
      const textbook::Field expected = textbook::field(p, theta);
      const Hessian h = hessian(p, theta);
      EXPECT_LT(difference(deflection(p, theta), expected), 1e-13 * strength(p)) << p.id;
      EXPECT_LT(difference(h, expected), 1e-13 * hessian_scale(p, theta)) << p.id;
    }
  }
}

// Schramm's integrals know nothing of the closed form. 1e-11: the quadrature's own accuracy with small cores.
TEST(DualPie, AgreesWithQuadratureOfTheSurfaceDensity) {
  for (const DualPie& p : samples()) {
    for (const Vector2 theta : positions(20, 20)) {
      const textbook::Field expected = textbook::field_by_quadrature(p, theta);
      const Hessian h = hessian(p, theta);
      EXPECT_LT(difference(deflection(p, theta), expected), 1e-11 * strength(p)) << p.id;
      EXPECT_LT(difference(h, expected), 1e-11 * hessian_scale(p, theta)) << p.id;
    }
  }
}

// Direct two-dimensional quadrature of kappa(theta') (theta - theta') / |theta - theta'|^2 / pi by scipy
// (tests/reference/generators/dual_pie_deflection.py), to its 1e-9.
TEST(DualPie, AgreesWithTwoDimensionalQuadrature) {
  const DualPie p{"p", {0.3, -0.2}, 0.5, 0.7, 0.8, 12, 300};
  const struct {
    Vector2 theta, alpha;
  } numbers[] = {
      {{1.0, 0.5}, {0.955346023596, 1.071516551141}},       {{-2.0, 3.0}, {-1.661705832974, 2.202095333323}},
      {{0.3, -1.5}, {0.460620994391, -2.083796867062}},     {{8.0, -4.0}, {1.991007100151, -1.232157756743}},
      {{-15.0, -20.0}, {-0.757370380178, -1.094724558138}},
  };
  for (const auto& [theta, alpha] : numbers) {
    const Vector2 a = deflection(p, theta);
    EXPECT_NEAR(a.x, alpha.x, 1e-8);
    EXPECT_NEAR(a.y, alpha.y, 1e-8);
  }
}

// Half the trace is the surface density, wherever one looks.
TEST(DualPie, HalfTheTraceIsTheSurfaceDensity) {
  for (const DualPie& p : samples()) {
    const double eps = p.epsilon(), c = std::cos(p.angle_rad), s = std::sin(p.angle_rad);
    for (const Vector2 theta : positions(500, 30)) {
      const double dx = theta.x - p.centre_arcsec.x, dy = theta.y - p.centre_arcsec.y;
      const double u = (dx * c + dy * s) / (1 + eps), v = (dy * c - dx * s) / (1 - eps);
      const double r2 = eps > 2e-4 ? u * u + v * v : dx * dx + dy * dy;
      const Hessian h = hessian(p, theta);
      EXPECT_NEAR(0.5 * (h.xx + h.yy), static_cast<double>(textbook::kappa(p, r2)),
                  1e-13 * hessian_scale(p, theta))
          << p.id;
    }
  }
}

// Central differences with a step h err by h^2 / 6 of the third derivative and 1e-16 alpha / h: 1e-7 holds
// from 1" on.
TEST(DualPie, HessianIsTheDerivativeOfTheDeflection) {
  constexpr double step = 1e-5;
  for (const DualPie& p : samples()) {
    for (const Vector2 theta : positions(500, 30)) {
      if (std::hypot(theta.x - p.centre_arcsec.x, theta.y - p.centre_arcsec.y) < 1) continue;
      const Vector2 east = deflection(p, {theta.x + step, theta.y}),
                    west = deflection(p, {theta.x - step, theta.y});
      const Vector2 north = deflection(p, {theta.x, theta.y + step}),
                    south = deflection(p, {theta.x, theta.y - step});
      const Hessian h = hessian(p, theta);
      EXPECT_NEAR(h.xx, (east.x - west.x) / (2 * step), 1e-7) << p.id;
      EXPECT_NEAR(h.xy, (east.y - west.y) / (2 * step), 1e-7) << p.id;
      EXPECT_NEAR(h.xy, (north.x - south.x) / (2 * step), 1e-7) << p.id;
      EXPECT_NEAR(h.yy, (north.y - south.y) / (2 * step), 1e-7) << p.id;
    }
  }
}

// At u = 0, v = 2 w s the printed formulas are 0/0, for both radii; quadrature is not.
TEST(DualPie, RemovableSingularityIsRemoved) {
  const DualPie p = {"halo", {0, 0}, 0.5616, 0, 15.39, 40, 971.6};
  for (const double radius : {p.core_radius_arcsec, p.cut_radius_arcsec}) {
    const double node = 2 * radius * std::sqrt(p.epsilon());
    for (const double away : {0.0, 1e-300, 1e-14, 1e-11, 1e-8, 1e-6, 1e-4, 1e-2}) {
      for (const Vector2 theta : {Vector2{away, node}, Vector2{0, node + away}, Vector2{away, node - away},
                                  Vector2{-away, -node}}) {
        const textbook::Field expected = textbook::field_by_quadrature(p, theta);
        EXPECT_LT(difference(deflection(p, theta), expected), 1e-12 * strength(p)) << away;
        EXPECT_LT(difference(hessian(p, theta), expected), 1e-11) << away;
      }
    }
  }
}

// The ellipse's field tends to the circle's linearly in eps; at the switch, 2e-4, the step is below 2 eps.
TEST(DualPie, TendsToTheCircularForm) {
  DualPie round = {"round", {0, 0}, 0, 0.3, 0.7, 9, 250};
  for (const double eps : {2.01e-4, 2e-3, 2e-2}) {
    DualPie p = round;
    p.ellipticity = 2 * eps / (1 + eps * eps);
    for (const Vector2 theta : positions(200, 10)) {
      const Vector2 a = deflection(p, theta), b = deflection(round, theta);
      EXPECT_LT(std::hypot(a.x - b.x, a.y - b.y), 2 * eps * std::hypot(b.x, b.y)) << eps;
    }
  }
}

// Far outside the cut radius the deflection is that of the total mass, (1 - eps^2) b0 rcut / r with the area
// of its ellipses, to first order in rcut / r.
TEST(DualPie, IsAPointMassFarAway) {
  for (const DualPie& p : samples()) {
    const double r = 1e4 * p.cut_radius_arcsec, area = 1 - p.epsilon() * p.epsilon();
    const double expected = area * p.b0_arcsec() * p.cut_radius_arcsec / r;
    const Vector2 a = deflection(p, {p.centre_arcsec.x + 0.6 * r, p.centre_arcsec.y + 0.8 * r});
    EXPECT_NEAR(a.x / (0.6 * expected), 1, 2e-4) << p.id;
    EXPECT_NEAR(a.y / (0.8 * expected), 1, 2e-4) << p.id;
    const Hessian h = hessian(p, {p.centre_arcsec.x + r, p.centre_arcsec.y});
    EXPECT_NEAR(h.xx / (-expected / r), 1, 3e-4) << p.id;
    EXPECT_NEAR(h.yy / (expected / r), 1, 3e-4) << p.id;
  }
}

TEST(DualPie, DoesNotDeflectAtItsCentre) {
  for (DualPie p : samples()) {
    for (const double core : {p.core_radius_arcsec, 0.0}) {
      p.core_radius_arcsec = core;
      const Vector2 a = deflection(p, p.centre_arcsec);
      EXPECT_NEAR(std::hypot(a.x, a.y), 0, 1e-12 * strength(p)) << p.id;
      const Hessian h = hessian(p, p.centre_arcsec);
      EXPECT_TRUE(std::isfinite(h.xx) && std::isfinite(h.xy) && std::isfinite(h.yy)) << p.id;
    }
  }
}

// With no core and a far cut, the singular isothermal ellipsoid: |alpha| = b0 at any radius when round.
TEST(DualPie, WithoutACoreIsIsothermal) {
  const DualPie p = {"sis", {0, 0}, 0, 0, 0, 1e9, 300};
  for (const double r : {1e-6, 1e-3, 1.0, 100.0}) {
    const Vector2 a = deflection(p, {0.6 * r, 0.8 * r});
    EXPECT_NEAR(a.x, 0.6 * p.b0_arcsec(), 1e-6);
    EXPECT_NEAR(a.y, 0.8 * p.b0_arcsec(), 1e-6);
    const Hessian h = hessian(p, {r, 0});
    EXPECT_NEAR(h.xx * r, 0, 1e-6);
    EXPECT_NEAR(h.yy * r, p.b0_arcsec(), 1e-6);
  }
  for (const Vector2 theta : positions(50, 5)) {
    const DualPie flat = {"sie", {0, 0}, 0.6, 0.5, 0, 50, 300};
    EXPECT_LT(difference(deflection(flat, theta), textbook::field(flat, theta)), 1e-13 * strength(flat));
    EXPECT_LT(difference(hessian(flat, theta), textbook::field(flat, theta)),
              1e-13 * hessian_scale(flat, theta));
  }
}

TEST(DualPie, IsSymmetricAboutItsAxes) {
  for (DualPie p : samples()) {
    p.centre_arcsec = {0, 0};
    p.angle_rad = 0;
    for (const Vector2 theta : positions(100, 20)) {
      const Vector2 a = deflection(p, theta), left = deflection(p, {-theta.x, theta.y}),
                    down = deflection(p, {theta.x, -theta.y});
      EXPECT_EQ(left.x, -a.x);
      EXPECT_EQ(left.y, a.y);
      EXPECT_EQ(down.x, a.x);
      EXPECT_EQ(down.y, -a.y);
      EXPECT_EQ(hessian(p, {-theta.x, theta.y}).xy, -hessian(p, theta).xy);
    }
  }
}

// Every count of positions, so that blocks, vectors and remainders of both are walked through: the same bits
// as one by one.
TEST(DualPieSum, GivesTheSameBitsForOnePositionAndForMany) {
  const DualPieSum sum(samples());
  for (const int count : {1, 2, 3, 7, 8, 9, 127, 128, 129, 300}) {
    const std::vector<Vector2> theta = positions(count, 30);
    std::vector<Vector2> alpha(count), alpha_only(count);
    std::vector<Hessian> h(count), h_only(count);
    sum.evaluate(theta, alpha.data(), h.data());
    sum.evaluate(theta, alpha_only.data(), nullptr);
    sum.evaluate(theta, nullptr, h_only.data());
    for (int i = 0; i < count; ++i) {
      Vector2 a;
      Hessian one;
      sum.evaluate({&theta[i], 1}, &a, &one);
      EXPECT_TRUE(a.x == alpha[i].x && a.y == alpha[i].y && a.x == alpha_only[i].x && a.y == alpha_only[i].y);
      EXPECT_TRUE(one.xx == h[i].xx && one.xy == h[i].xy && one.yy == h[i].yy && one.xx == h_only[i].xx);
    }
  }
}

TEST(DualPieSum, AddsItsPotentials) {
  const DualPieSum sum(samples());
  for (const Vector2 theta : positions(50, 30)) {
    textbook::Field expected;
    for (const DualPie& p : samples()) {
      const textbook::Field one = textbook::field(p, theta);
      expected.ax += one.ax;
      expected.ay += one.ay;
    }
    Vector2 a;
    sum.evaluate({&theta, 1}, &a, nullptr);
    EXPECT_LT(difference(a, expected), 1e-11);
  }
}

TEST(DualPieSum, NotANumberInIsNotANumberOut) {
  const Vector2 theta{std::nan(""), 1};
  Vector2 a;
  Hessian h;
  DualPieSum(samples()).evaluate({&theta, 1}, &a, &h);
  EXPECT_TRUE(std::isnan(a.x) && std::isnan(a.y) && std::isnan(h.xx) && std::isnan(h.xy) && std::isnan(h.yy));
}

TEST(DualPie, RefusesParametersOutOfRange) {
  const DualPie good = {"p", {0, 0}, 0.5, 0, 1, 10, 100};
  EXPECT_NO_THROW(deflection(good, {1, 1}));
  const auto refused = [&](auto change) {
    DualPie p = good;
    change(p);
    EXPECT_THROW(deflection(p, {1, 1}), ContractError);
  };
  refused([](DualPie& p) { p.ellipticity = 1; });
  refused([](DualPie& p) { p.ellipticity = -0.1; });
  refused([](DualPie& p) { p.core_radius_arcsec = -1; });
  refused([](DualPie& p) { p.cut_radius_arcsec = 1; });
  refused([](DualPie& p) { p.velocity_dispersion_km_s = -1; });
  refused([](DualPie& p) { p.centre_arcsec.x = std::nan(""); });
}

}  // namespace
}  // namespace arcproof::lens

// What holds for every dPIE and every map, over random potentials and positions.
#include "engine/lens/delens.h"
#include "engine/lens/images.h"
#include "engine/lens/model.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace arcproof::lens {
namespace {

double in_range(double low, double high) {
  constexpr int steps = 1000000;
  return low + (high - low) * *rc::gen::inRange(0, steps + 1) / steps;
}

Vector2 any_position(double reach) { return {in_range(-reach, reach), in_range(-reach, reach)}; }

// Galaxies to clusters, round to flat; now and then circular or without a core.
DualPie any_dual_pie() {
  DualPie p;
  p.centre_arcsec = any_position(20);
  p.ellipticity = *rc::gen::inRange(0, 8) == 0 ? 0.0 : in_range(0, 0.95);
  p.angle_rad = in_range(-10, 10);
  p.core_radius_arcsec = *rc::gen::inRange(0, 8) == 0 ? 0.0 : std::pow(10, in_range(-3, 1));
  p.cut_radius_arcsec = (p.core_radius_arcsec + 0.1) * std::pow(10, in_range(0.1, 3));
  p.velocity_dispersion_km_s = in_range(20, 1200);
  return p;
}

Vector2 turned(Vector2 a, double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  return {c * a.x - s * a.y, s * a.x + c * a.y};
}

double strength(const DualPie& p) {
  return p.b0_arcsec() * p.cut_radius_arcsec / (p.cut_radius_arcsec - p.core_radius_arcsec);
}

double distance(Vector2 a, Vector2 b) { return std::hypot(a.x - b.x, a.y - b.y); }

// Positions nearer than 0.01" to the centre are moved away: there rounding of the turned position itself is
// magnified by f / r.
struct Case {
  DualPie p;
  Vector2 theta;
  double tolerance;  // of the deflection; that of the Hessian is a factor 1 / r larger
  double radius;
};
Case any_case() {
  Case c{any_dual_pie(), any_position(50), 0, 0};
  if (distance(c.theta, c.p.centre_arcsec) < 0.01) c.theta.x += 0.1;
  c.radius = distance(c.theta, c.p.centre_arcsec);
  // 1e-14 of a position of 100", through the gradient of the deflection, f / r; and 1e-13 f of its own.
  c.tolerance = strength(c.p) * (1e-13 + 1e-12 / c.radius);
  return c;
}

RC_GTEST_PROP(DualPieProperty, TurningTheLensTurnsItsField, ()) {
  const Case c = any_case();
  const double angle = in_range(-4, 4), co = std::cos(angle), s = std::sin(angle);
  DualPie p = c.p;
  p.centre_arcsec = turned(p.centre_arcsec, angle);
  p.angle_rad += angle;
  const Vector2 theta = turned(c.theta, angle), a = turned(deflection(c.p, c.theta), angle);
  const Hessian h = hessian(c.p, c.theta), k = hessian(p, theta);
  RC_ASSERT(distance(deflection(p, theta), a) < 20 * c.tolerance);
  // Flat and coreless ones have the largest third derivatives, up to (1 - eps)^-2 f / r^2.
  const double tolerance = 20 * c.tolerance / c.radius / std::pow(1 - c.p.epsilon(), 2);
  RC_ASSERT(std::abs(k.xx - (co * co * h.xx - 2 * co * s * h.xy + s * s * h.yy)) < tolerance);
  RC_ASSERT(std::abs(k.xy - (co * s * (h.xx - h.yy) + (co * co - s * s) * h.xy)) < tolerance);
}

RC_GTEST_PROP(DualPieProperty, MovingTheLensMovesItsField, ()) {
  const Case c = any_case();
  const Vector2 shift = any_position(30);
  DualPie p = c.p;
  p.centre_arcsec = {p.centre_arcsec.x + shift.x, p.centre_arcsec.y + shift.y};
  const Vector2 theta{c.theta.x + shift.x, c.theta.y + shift.y};
  RC_ASSERT(distance(deflection(p, theta), deflection(c.p, c.theta)) < 20 * c.tolerance);
}

// Lengths have no scale: radii, positions and b0 (sigma^2) times k give k times the deflection and the same
// Hessian.
RC_GTEST_PROP(DualPieProperty, ScalingTheLensScalesItsField, ()) {
  Case c = any_case();
  c.theta = {c.theta.x - c.p.centre_arcsec.x, c.theta.y - c.p.centre_arcsec.y};
  c.p.centre_arcsec = {0, 0};
  const double k = in_range(0.1, 10);
  DualPie p = c.p;
  p.core_radius_arcsec *= k;
  p.cut_radius_arcsec *= k;
  p.velocity_dispersion_km_s *= std::sqrt(k);
  const Vector2 a = deflection(c.p, c.theta), b = deflection(p, {k * c.theta.x, k * c.theta.y});
  RC_ASSERT(distance(b, {k * a.x, k * a.y}) < 20 * k * c.tolerance);
}

RC_GTEST_PROP(LensModelProperty, ManyPositionsGiveTheBitsOfOne, ()) {
  std::vector<DualPie> potentials(*rc::gen::inRange(0, 6));
  for (DualPie& p : potentials) p = any_dual_pie();
  std::vector<Vector2> theta(*rc::gen::inRange(1, 300)), alpha;
  const Vector2 start = any_position(30), step = any_position(1);
  for (std::size_t i = 0; i < theta.size(); ++i) theta[i] = {start.x + i * step.x, start.y + i * step.y};
  const LensModel model({0, 0}, 0.4, {}, potentials);
  std::vector<Hessian> h;
  model.evaluate(theta, &alpha, &h);
  for (std::size_t i = 0; i < theta.size(); ++i) {
    RC_ASSERT(alpha[i].x == model.deflection(theta[i]).x);
    RC_ASSERT(alpha[i].y == model.deflection(theta[i]).y);
    RC_ASSERT(h[i].xy == model.hessian(theta[i]).xy);
  }
}

// Mass only focuses: the surface density, half the trace, is positive.
RC_GTEST_PROP(DualPieProperty, SurfaceDensityIsPositive, ()) {
  const Case c = any_case();
  const Hessian h = hessian(c.p, c.theta);
  RC_ASSERT(h.xx + h.yy > -1e-13 * strength(c.p) / c.radius);
}

RC_GTEST_PROP(MagnificationProperty, IsTheProductOfItsAxes, ()) {
  const Hessian h{in_range(-3, 3), in_range(-3, 3), in_range(-3, 3)};
  const double d = in_range(0, 1), determinant = (1 - d * h.xx) * (1 - d * h.yy) - d * d * h.xy * h.xy;
  RC_PRE(std::abs(determinant) > 1e-3);
  const Magnification m = magnification(h, d);
  RC_ASSERT(std::abs(m.mu * determinant - 1) < 1e-11);
  RC_ASSERT(std::abs(m.mu_tangential * m.mu_radial / m.mu - 1) < 1e-12);
}

RC_GTEST_PROP(ConstantFieldProperty, HasOneImageOfItsMagnification, ()) {
  const double mu_t = in_range(1, 50) * (*rc::gen::inRange(0, 2) == 0 ? 1 : -1), mu_r = in_range(0.3, 3);
  const LensMap map = LensMap::constant(mu_t, mu_r, in_range(-4, 4));
  const Vector2 beta = any_position(1);
  const std::vector<Image> images = ImageFinder(map, 1).images(beta);
  RC_ASSERT(images.size() == 1u);
  RC_ASSERT(std::abs(images[0].mu / (mu_t * mu_r) - 1) < 1e-10);
  RC_ASSERT(distance(map.source_position(images[0].position_arcsec, 1), beta) < 1e-12);
}

// An ellipse has no direction: half a turn changes nothing, nor does a quarter turn with the axes exchanged
// in a round one.
RC_GTEST_PROP(ClumpProperty, HalfATurnOfTheEllipseChangesNothing, ()) {
  static const LensModel model({0, 0}, 0.4, {}, {{"p", {0, 0}, 0.4, 0.5, 2, 80, 800}});
  static const Lens lens{LensMap::compute(model, covering_grid({-15, -15}, {15, 15}, 0.1)), 0.4, {}};
  const double major = in_range(0, 0.3);
  Ellipse e{any_position(14), major, major * in_range(0, 1), in_range(-4, 4)};
  const ClumpMagnification a = magnification_of_clump(lens, {}, e, 2, 0.02);
  e.angle_rad += 3.14159265358979324;
  const ClumpMagnification b = magnification_of_clump(lens, {}, e, 2, 0.02);
  RC_ASSERT(a.inside_map);
  // A pixel on the ellipse's very edge may fall in or out.
  RC_ASSERT(std::abs(a.mu / b.mu - 1) < 0.05);
  RC_ASSERT(a.mu > 0);
}

RC_GTEST_PROP(SizeProperty, ShrinksWithMagnificationAndNeverBelowTheFloor, ()) {
  const double floor = 0.008, major = in_range(0.001, 0.2), minor = major * in_range(0.01, 1);
  const double mu_t = in_range(1, 50), mu = mu_t * in_range(0.8, 1.5);
  const IntrinsicSize size = intrinsic_size(major, minor, floor, mu, mu_t, 2, {});
  const IntrinsicSize more = intrinsic_size(major, minor, floor, 2 * mu, 2 * mu_t, 2, {});
  RC_ASSERT(more.radius_pc < size.radius_pc);
  RC_ASSERT(more.size_case == size.size_case);
  const IntrinsicSize limit = intrinsic_size(0, 0, floor, mu, mu_t, 2, {});
  if (size.size_case != SizeCase::resolved) RC_ASSERT(size.radius_pc >= limit.radius_pc);
}

}  // namespace
}  // namespace arcproof::lens

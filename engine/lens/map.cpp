#include "engine/lens/map.h"

#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "engine/lens/profiles/tiled_sum.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace arcproof::lens {
namespace {

/// A cell of the grid, by its lower-left node, and where in it [0, 1].
struct Place {
  int i, j;
  double x, y;
};

Place place_of(const Grid& grid, Vector2 theta) {
  const double fx = (theta.x - grid.origin_arcsec.x) / grid.step_arcsec;
  const double fy = (theta.y - grid.origin_arcsec.y) / grid.step_arcsec;
  const int i = std::clamp(static_cast<int>(fx), 0, grid.width - 2);
  const int j = std::clamp(static_cast<int>(fy), 0, grid.height - 2);
  return {i, j, fx - i, fy - j};
}

/// Cubic Hermite weights of the values and the derivatives (per cell) at 0 and 1.
struct HermiteWeights {
  double value[2], slope[2];
  explicit HermiteWeights(double t)
      : value{(1 + 2 * t) * (1 - t) * (1 - t), t * t * (3 - 2 * t)},
        slope{t * (1 - t) * (1 - t), t * t * (t - 1)} {}
};

// Derivative per cell of a component of the Hessian along x or y: central inside, one-sided on the edge.
double difference_x(const Array2D<Hessian>& h, int i, int j, double Hessian::*component) {
  const int low = std::max(i - 1, 0), high = std::min(i + 1, h.width() - 1);
  return (h(high, j).*component - h(low, j).*component) / (high - low);
}
double difference_y(const Array2D<Hessian>& h, int i, int j, double Hessian::*component) {
  const int low = std::max(j - 1, 0), high = std::min(j + 1, h.height() - 1);
  return (h(i, high).*component - h(i, low).*component) / (high - low);
}

}  // namespace

LensMap LensMap::compute(const LensModel& model, const Grid& grid, int threads, Summation summation) {
  require(grid.width >= 2 && grid.height >= 2 && grid.step_arcsec > 0,
          "LensMap: a grid of 2 x 2 nodes or more");
  LensMap map;
  map.grid_ = grid;
  map.deflection_ = Array2D<Vector2>(grid.width, grid.height);
  map.hessian_ = Array2D<Hessian>(grid.width, grid.height);
  if (summation == Summation::tiles)
    sum_on_grid(model.dual_pie_sum().constants(), grid, threads, map.deflection_, map.hessian_);
  parallel_for(grid.height, threads, [&](std::size_t row) {
    const int j = static_cast<int>(row);
    std::vector<Vector2> theta(grid.width);
    for (int i = 0; i < grid.width; ++i) theta[i] = grid.node(i, j);
    if (summation == Summation::exact)
      model.dual_pie_sum().evaluate(theta, map.deflection_.row(j), map.hessian_.row(j));
    model.add_further(theta, map.deflection_.row(j), map.hessian_.row(j));
  });
  return map;
}

LensMap LensMap::from_nodes(const Grid& grid, Array2D<Vector2> deflection, Array2D<Hessian> hessian) {
  require(grid.width >= 2 && grid.height >= 2 && grid.step_arcsec > 0,
          "LensMap: a grid of 2 x 2 nodes or more");
  require(deflection.width() == grid.width && deflection.height() == grid.height &&
              hessian.width() == grid.width && hessian.height() == grid.height,
          "LensMap: one value for each node");
  LensMap map;
  map.grid_ = grid;
  map.deflection_ = std::move(deflection);
  map.hessian_ = std::move(hessian);
  return map;
}

// A = 1 - H has the eigenvalue 1 / mu_t along the stretch and 1 / mu_r across it.
LensMap LensMap::constant(double mu_tangential, double mu_radial, double angle) {
  require(mu_tangential != 0 && mu_radial != 0 && std::isfinite(mu_tangential) && std::isfinite(mu_radial),
          "LensMap: constant magnifications are finite and not 0");
  const double c = std::cos(angle), s = std::sin(angle);
  const double along = 1 - 1 / mu_tangential, across = 1 - 1 / mu_radial;
  LensMap map;
  map.constant_ = true;
  map.constant_hessian_ = {along * c * c + across * s * s, (along - across) * c * s,
                           along * s * s + across * c * c};
  return map;
}

Hessian LensMap::hessian(Vector2 theta) const {
  if (constant_) return constant_hessian_;
  require(grid_.contains(theta), "LensMap: position on the grid");
  const Place p = place_of(grid_, theta);
  const Hessian &a = hessian_(p.i, p.j), &b = hessian_(p.i + 1, p.j), &c = hessian_(p.i, p.j + 1),
                &d = hessian_(p.i + 1, p.j + 1);
  const auto mix = [&](double va, double vb, double vc, double vd) {
    return (1 - p.y) * ((1 - p.x) * va + p.x * vb) + p.y * ((1 - p.x) * vc + p.x * vd);
  };
  return {mix(a.xx, b.xx, c.xx, d.xx), mix(a.xy, b.xy, c.xy, d.xy), mix(a.yy, b.yy, c.yy, d.yy)};
}

Vector2 LensMap::deflection(Vector2 theta) const {
  const Hessian& h = constant_hessian_;
  if (constant_) return {h.xx * theta.x + h.xy * theta.y, h.xy * theta.x + h.yy * theta.y};
  require(grid_.contains(theta), "LensMap: position on the grid");
  const Place p = place_of(grid_, theta);
  const HermiteWeights wx(p.x), wy(p.y);
  const double step = grid_.step_arcsec;
  Vector2 alpha;
  for (int dj = 0; dj < 2; ++dj) {
    for (int di = 0; di < 2; ++di) {
      const int i = p.i + di, j = p.j + dj;
      const Vector2& value = deflection_(i, j);
      const Hessian& slope = hessian_(i, j);
      const double cross_x = difference_x(hessian_, i, j, &Hessian::xy);  // d2 alpha_x / dx dy
      const double cross_y = difference_y(hessian_, i, j, &Hessian::xy);  // d2 alpha_y / dx dy
      const double v = wx.value[di] * wy.value[dj], sx = step * wx.slope[di] * wy.value[dj],
                   sy = step * wx.value[di] * wy.slope[dj], sxy = step * wx.slope[di] * wy.slope[dj];
      alpha.x += v * value.x + sx * slope.xx + sy * slope.xy + sxy * cross_x;
      alpha.y += v * value.y + sx * slope.xy + sy * slope.yy + sxy * cross_y;
    }
  }
  return alpha;
}

Vector2 LensMap::source_position(Vector2 theta, double efficiency) const {
  const Vector2 alpha = deflection(theta);
  return {theta.x - efficiency * alpha.x, theta.y - efficiency * alpha.y};
}

}  // namespace arcproof::lens

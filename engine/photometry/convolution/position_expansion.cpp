#include "engine/photometry/convolution/position_expansion.h"

#include <algorithm>
#include <cmath>

namespace arcproof::photometry {
namespace {

constexpr int most_iterations = 30;

using Coefficients = Eigen::Matrix<double, 6, 1>;

// Coefficients of the six planes in the moved image, and their derivatives.
Coefficients moved(double dx, double dy) {
  Coefficients c;
  c << 1, -dx, -dy, 0.5 * dx * dx, dx * dy, 0.5 * dy * dy;
  return c;
}

struct Place {
  ExpandedFit fit;
  Coefficients product;  // G c
  double size = 0;       // c . G c
};

Place place_at(const PositionExpansion& e, double dx, double dy) {
  Place place;
  const Coefficients c = moved(dx, dy);
  place.product.noalias() = e.gram * c;
  place.size = c.dot(place.product);
  const double match = c.dot(e.data);
  place.fit = {dx, dy, match / place.size, match * match / place.size, false};
  place.fit.solvable = place.size > 0 && std::isfinite(place.fit.flux);
  return place;
}

// The flux moves along: its direction is taken out of the curvature.
Eigen::Vector2d step_from(const PositionExpansion& e, const Place& at, double& predicted) {
  const double dx = at.fit.dx, dy = at.fit.dy, flux = at.fit.flux;
  Coefficients along_x, along_y;
  along_x << 0, -1, 0, dx, dy, 0;
  along_y << 0, 0, -1, 0, dx, dy;
  const Coefficients residual = e.data - flux * at.product;
  const double down_x = flux * along_x.dot(residual), down_y = flux * along_y.dot(residual);
  const double with_x = along_x.dot(at.product), with_y = along_y.dot(at.product);
  const Coefficients gx = e.gram * along_x, gy = e.gram * along_y;
  const double xx = flux * flux * (along_x.dot(gx) - with_x * with_x / at.size);
  const double xy = flux * flux * (along_x.dot(gy) - with_x * with_y / at.size);
  const double yy = flux * flux * (along_y.dot(gy) - with_y * with_y / at.size);
  const double determinant = xx * yy - xy * xy;
  const double x = std::clamp(dx + (yy * down_x - xy * down_y) / determinant, e.low_x, e.high_x) - dx;
  const double y = std::clamp(dy + (xx * down_y - xy * down_x) / determinant, e.low_y, e.high_y) - dy;
  predicted = 2 * (down_x * x + down_y * y) - (xx * x * x + 2 * xy * x * y + yy * y * y);
  return {x, y};
}

}  // namespace

ExpandedFit fit_position(const PositionExpansion& expansion, double tolerance) {
  Place here = place_at(expansion, 0, 0);
  for (int i = 0; here.fit.solvable && i < most_iterations; ++i) {
    double predicted = 0;
    Eigen::Vector2d step = step_from(expansion, here, predicted);
    if (!step.allFinite() || !(predicted > tolerance)) break;
    const auto better = [&](const Place& next) { return next.fit.solvable && next.fit.gain > here.fit.gain; };
    Place next = place_at(expansion, here.fit.dx + step[0], here.fit.dy + step[1]);
    for (int halving = 0; halving < 6 && !better(next); ++halving) {
      step *= 0.5;
      next = place_at(expansion, here.fit.dx + step[0], here.fit.dy + step[1]);
    }
    if (!better(next)) break;
    const bool enough = next.fit.gain - here.fit.gain < tolerance;
    here = next;
    if (enough) break;
  }
  return here.fit;
}

}  // namespace arcproof::photometry

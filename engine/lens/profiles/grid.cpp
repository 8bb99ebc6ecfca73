#include "engine/lens/profiles/grid.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>

namespace arcproof::lens {
namespace {

constexpr double edge_tolerance =
    1e-9;  // of a step: a corner computed in floating point still lies on the grid

int nodes_to_cover(double length, double step) {
  return std::max(2, 1 + static_cast<int>(std::ceil(length / step - edge_tolerance)));
}

}  // namespace

bool Grid::contains(Vector2 theta) const {
  const double fx = (theta.x - origin_arcsec.x) / step_arcsec, fy = (theta.y - origin_arcsec.y) / step_arcsec;
  return fx >= -edge_tolerance && fy >= -edge_tolerance && fx <= width - 1 + edge_tolerance &&
         fy <= height - 1 + edge_tolerance;
}

Grid covering_grid(Vector2 low, Vector2 high, double step) {
  require(step > 0 && high.x >= low.x && high.y >= low.y, "covering_grid: step > 0 and low <= high");
  return {low, step, nodes_to_cover(high.x - low.x, step), nodes_to_cover(high.y - low.y, step)};
}

}  // namespace arcproof::lens

// A square grid of the lens frame.
#pragma once

#include "engine/lens/profiles/dual_pie.h"

namespace arcproof::lens {

/// A rectangle of the lens frame with a square grid. Node (i, j) is at (x0 + i step, y0 + j step).
struct Grid {
  Vector2 origin_arcsec;
  double step_arcsec = 0;
  int width = 0;
  int height = 0;
  Vector2 node(int i, int j) const {
    return {origin_arcsec.x + i * step_arcsec, origin_arcsec.y + j * step_arcsec};
  }
  /// Between the first and the last nodes, to 1e-9 of a step.
  bool contains(Vector2 theta_arcsec) const;
};

/// The smallest grid of this step that covers the rectangle [low, high] (2 x 2 nodes at least), from `low`
/// on.
Grid covering_grid(Vector2 low_arcsec, Vector2 high_arcsec, double step_arcsec);

}  // namespace arcproof::lens

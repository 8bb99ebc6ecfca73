// From the pixels of one image to those of another of the same sky: mosaics of one field may differ in pixel
// scale, rotation and pointing.
#pragma once

#include "engine/sky/exposure.h"

namespace arcproof::sky {

/// Linear map near a position: (x, y) -> matrix ((x, y) - from) + to. Exact where both images are tangential
/// projections about one point; a few 1e-5 pixel over ten arcseconds otherwise.
struct PixelMap {
  double from_x = 0, from_y = 0, to_x = 0, to_y = 0;
  double xx = 1, xy = 0, yx = 0, yy = 1;

  /// Near pixel (x, y) of `from`. Images of one grid (to 1e-6 pixel) give the identity. Images without WCS
  /// must have one shape (ContractError otherwise) and are taken to lie on one grid.
  static PixelMap between(const Exposure& from, const Exposure& to, double x, double y);

  PixelPosition operator()(PixelPosition p) const {
    const double dx = p.x - from_x, dy = p.y - from_y;
    return {to_x + xx * dx + xy * dy, to_y + yx * dx + yy * dy};
  }
  bool is_identity() const {
    return xx == 1 && yy == 1 && xy == 0 && yx == 0 && from_x == to_x && from_y == to_y;
  }
  PixelMap inverse() const;
  bool operator==(const PixelMap&) const = default;
};

/// Whether the two images share a piece of sky: a coarse grid of either meets the other. Images without WCS
/// are taken to.
bool overlap(const Exposure& a, const Exposure& b);

}  // namespace arcproof::sky

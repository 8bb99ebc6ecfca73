#include "engine/sky/pixel_map.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>

namespace arcproof::sky {

PixelMap PixelMap::between(const Exposure& from, const Exposure& to, double x, double y) {
  const PixelMap identity{x, y, x, y};
  if (!from.wcs || !to.wcs) {
    require(from.flux_njy.same_shape(to.flux_njy), "PixelMap: images without WCS lie on one grid");
    return identity;
  }
  const auto carried = [&](double px, double py) { return to.wcs->to_pixel(from.wcs->to_sky({px, py})); };
  const PixelPosition here = carried(x, y), right = carried(x + 1, y), up = carried(x, y + 1);
  const PixelMap map{x, y, here.x, here.y, right.x - here.x, up.x - here.x, right.y - here.y, up.y - here.y};
  constexpr double tolerance_pix = 1e-6;
  const double off = std::max({std::abs(here.x - x), std::abs(here.y - y), std::abs(map.xx - 1),
                               std::abs(map.yy - 1), std::abs(map.xy), std::abs(map.yx)});
  return off < tolerance_pix ? identity : map;
}

PixelMap PixelMap::inverse() const {
  const double determinant = xx * yy - xy * yx;
  return {
      to_x, to_y, from_x, from_y, yy / determinant, -xy / determinant, -yx / determinant, xx / determinant};
}

// Whether one of 33 x 33 places of `a` lies within `b`.
static bool meets(const Exposure& a, const Exposure& b) {
  constexpr int steps = 32;
  for (int i = 0; i <= steps; ++i)
    for (int j = 0; j <= steps; ++j) {
      const double x = i * (a.flux_njy.width() - 1.0) / steps, y = j * (a.flux_njy.height() - 1.0) / steps;
      const std::optional<PixelPosition> at = b.wcs->find_pixel(a.wcs->to_sky({x, y}));
      if (at && at->x > -0.5 && at->y > -0.5 && at->x < b.flux_njy.width() - 0.5 &&
          at->y < b.flux_njy.height() - 0.5)
        return true;
    }
  return false;
}

bool overlap(const Exposure& a, const Exposure& b) { return !a.wcs || !b.wcs || meets(a, b) || meets(b, a); }

}  // namespace arcproof::sky

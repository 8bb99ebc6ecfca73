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

}  // namespace arcproof::sky

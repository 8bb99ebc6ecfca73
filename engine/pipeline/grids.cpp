#include "engine/pipeline/grids.h"

#include "engine/core/error.h"

#include <cmath>

namespace arcproof::pipeline {
namespace {

Array2D<int> regridded(const Array2D<int>& segmentation, const sky::Exposure& reference,
                       const sky::Exposure& band) {
  require(reference.wcs && band.wcs, "segmentations: bands on another grid have a WCS");
  Array2D<int> result(band.flux_njy.width(), band.flux_njy.height(), 0);
  for (int y = 0; y < result.height(); ++y)
    for (int x = 0; x < result.width(); ++x) {
      const auto at =
          reference.wcs->to_pixel(band.wcs->to_sky({static_cast<double>(x), static_cast<double>(y)}));
      const int i = static_cast<int>(std::lround(at.x)), j = static_cast<int>(std::lround(at.y));
      if (segmentation.contains(i, j)) result(x, y) = segmentation(i, j);
    }
  return result;
}

bool corners_agree(const sky::Exposure& a, const sky::Exposure& b) {
  constexpr double tolerance_pix = 0.1;
  for (const double x : {0.0, a.flux_njy.width() - 1.0})
    for (const double y : {0.0, a.flux_njy.height() - 1.0}) {
      const sky::PixelPosition there = b.wcs->to_pixel(a.wcs->to_sky({x, y}));
      if (!(std::hypot(there.x - x, there.y - y) < tolerance_pix)) return false;
    }
  return true;
}

}  // namespace

bool same_grid(const sky::Exposure& a, const sky::Exposure& b) {
  return a.flux_njy.same_shape(b.flux_njy) &&
         std::abs(a.pixel_scale_arcsec / b.pixel_scale_arcsec - 1) < 1e-4 &&
         (!a.wcs || !b.wcs || corners_agree(a, b));
}

std::vector<Array2D<int>> segmentations(const Array2D<int>& reference, std::size_t reference_band,
                                        std::span<const sky::Exposure> exposures) {
  std::vector<Array2D<int>> result;
  for (const sky::Exposure& exposure : exposures)
    result.push_back(same_grid(exposure, exposures[reference_band])
                         ? reference
                         : regridded(reference, exposures[reference_band], exposure));
  return result;
}

}  // namespace arcproof::pipeline

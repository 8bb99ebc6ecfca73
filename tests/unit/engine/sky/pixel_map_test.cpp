#include "engine/sky/pixel_map.h"

#include <gtest/gtest.h>

namespace arcproof::sky {
namespace {

// 40 x 30 pixels of `scale_arcsec`, centred.
Exposure image_at(SkyPosition centre, double scale_arcsec) {
  Exposure e;
  e.flux_njy = Array2D<float>(40, 30, 1.0F);
  e.pixel_scale_arcsec = scale_arcsec;
  e.wcs = Wcs::tangential(centre, {19.5, 14.5}, scale_arcsec);
  return e;
}

TEST(Overlap, OfImagesThatShareSky) {
  const Exposure a = image_at({150, 2}, 0.04);
  EXPECT_TRUE(overlap(a, a));
  EXPECT_TRUE(overlap(a, image_at({150, 2}, 4)));  // one within a pixel of the other
  EXPECT_TRUE(overlap(image_at({150, 2}, 4), a));
  EXPECT_TRUE(overlap(a, image_at({150, 2 + 29 * 0.04 / 3600}, 0.04)));   // the last row
  EXPECT_FALSE(overlap(a, image_at({150, 2 + 31 * 0.04 / 3600}, 0.04)));  // one row beyond
}

TEST(Overlap, NoneAcrossTheSky) {
  const Exposure a = image_at({150, 2}, 0.04);
  EXPECT_FALSE(overlap(a, image_at({151, 2}, 0.04)));
  EXPECT_FALSE(overlap(a, image_at({330, -2}, 0.04)));  // where the projection shows nothing
  EXPECT_FALSE(a.wcs->find_pixel({330, -2}));
  Exposure without = image_at({330, -2}, 0.04);
  without.wcs.reset();
  EXPECT_TRUE(overlap(a, without));
}

}  // namespace
}  // namespace arcproof::sky

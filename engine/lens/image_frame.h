// Between the pixels of an image and the frame of a lens.
#pragma once

#include "engine/lens/model.h"

#include <optional>

namespace arcproof::lens {

/// With sky coordinates: pixel -> RA, Dec (the image's WCS) -> lens frame (about the model's reference).
/// Without: the lens frame is the image itself in arcsec about its central pixel, +x to the right.
class ImageFrame {
 public:
  ImageFrame(const sky::Wcs& wcs, sky::SkyPosition lens_reference);
  explicit ImageFrame(double pixel_scale_arcsec = 1, sky::PixelPosition centre = {0, 0});

  Vector2 to_lens(sky::PixelPosition pixel) const;
  sky::PixelPosition to_pixel(Vector2 theta_arcsec) const;
  /// RA, Dec of a pixel; empty without sky coordinates.
  std::optional<sky::SkyPosition> to_sky(sky::PixelPosition pixel) const;

  /// Linear map from pixel offsets to lens-frame offsets about a pixel: theta - theta0 = matrix (pixel -
  /// pixel0).
  struct Linear {
    sky::PixelPosition pixel;
    Vector2 theta;
    double xx = 1, xy = 0, yx = 0, yy = 1;  ///< [arcsec / pixel]
    Vector2 to_lens(sky::PixelPosition p) const;
  };
  /// Accurate to 1e-4 pixel within 2" (the tangent-plane projection is that flat).
  Linear linear_at(sky::PixelPosition pixel) const;

 private:
  std::optional<sky::Wcs> wcs_;
  sky::SkyPosition reference_{};
  double scale_ = 1;
  sky::PixelPosition centre_{};
};

}  // namespace arcproof::lens

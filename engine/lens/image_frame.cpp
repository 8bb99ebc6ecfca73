#include "engine/lens/image_frame.h"

#include "engine/core/units.h"

#include <cmath>

namespace arcproof::lens {

ImageFrame::ImageFrame(const sky::Wcs& wcs, sky::SkyPosition lens_reference)
    : wcs_(wcs), reference_(lens_reference) {}

ImageFrame::ImageFrame(double pixel_scale_arcsec, sky::PixelPosition centre)
    : scale_(pixel_scale_arcsec), centre_(centre) {}

// Lenstool's frame (its sky coordinates are flat): x = -(RA - RA0) cos(Dec0), y = Dec - Dec0.
Vector2 ImageFrame::to_lens(sky::PixelPosition pixel) const {
  if (!wcs_) return {(pixel.x - centre_.x) * scale_, (pixel.y - centre_.y) * scale_};
  const sky::SkyPosition sky = wcs_->to_sky(pixel);
  const double ra_offset = std::remainder(sky.ra_deg - reference_.ra_deg, 360.0);
  return {-ra_offset * std::cos(reference_.dec_deg * units::degree) * 3600,
          (sky.dec_deg - reference_.dec_deg) * 3600};
}

sky::PixelPosition ImageFrame::to_pixel(Vector2 theta) const {
  if (!wcs_) return {theta.x / scale_ + centre_.x, theta.y / scale_ + centre_.y};
  return wcs_->to_pixel({reference_.ra_deg - theta.x / 3600 / std::cos(reference_.dec_deg * units::degree),
                         reference_.dec_deg + theta.y / 3600});
}

std::optional<sky::SkyPosition> ImageFrame::to_sky(sky::PixelPosition pixel) const {
  if (!wcs_) return std::nullopt;
  return wcs_->to_sky(pixel);
}

Vector2 ImageFrame::Linear::to_lens(sky::PixelPosition p) const {
  const double dx = p.x - pixel.x, dy = p.y - pixel.y;
  return {theta.x + xx * dx + xy * dy, theta.y + yx * dx + yy * dy};
}

ImageFrame::Linear ImageFrame::linear_at(sky::PixelPosition p) const {
  constexpr double h = 8;  // pixels: wide enough that rounding in the WCS does not matter
  const Vector2 here = to_lens(p);
  const Vector2 right = to_lens({p.x + h, p.y}), left = to_lens({p.x - h, p.y});
  const Vector2 up = to_lens({p.x, p.y + h}), down = to_lens({p.x, p.y - h});
  return {p,
          here,
          (right.x - left.x) / (2 * h),
          (up.x - down.x) / (2 * h),
          (right.y - left.y) / (2 * h),
          (up.y - down.y) / (2 * h)};
}

}  // namespace arcproof::lens

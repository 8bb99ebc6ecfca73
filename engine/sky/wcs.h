// World coordinates of an image (wcslib).
//
// Inside arcproof pixel (0, 0) is the centre of the first pixel; the shift by one from the FITS convention is
// made here.
#pragma once

#include <memory>
#include <optional>
#include <string>

struct wcsprm;

namespace arcproof::sky {

struct SkyPosition {
  double ra_deg;  ///< [0, 360)
  double dec_deg;
};

struct PixelPosition {
  double x;  ///< 0 is the centre of the first column
  double y;
};

/// Position angles run from North through East; +x is West where a tangential frame in arcsec is used
/// (Lenstool's frame).
class Wcs {
 public:
  /// North-up tangential projection: `centre` at pixel `at`, square pixels of `scale_arcsec`.
  static Wcs tangential(SkyPosition centre, PixelPosition at, double scale_arcsec);
  /// From the 80-character records of a header; empty when it holds no celestial coordinates. Throws
  /// InputError naming `file` and `hdu` when they are there but cannot be used.
  static std::optional<Wcs> from_header(const std::string& records, const std::string& file,
                                        const std::string& hdu);

  SkyPosition to_sky(PixelPosition pixel) const;
  PixelPosition to_pixel(SkyPosition sky) const;
  /// The same; empty where the projection has no pixel for this position, as on the other side of the sky
  /// (to_pixel throws ContractError there).
  std::optional<PixelPosition> find_pixel(SkyPosition sky) const;

  /// Square root of the area of a pixel at the reference position.
  double pixel_scale_arcsec() const { return scale_arcsec_; }
  /// Side of a pixel along x over that along y, on the sky at the reference position: 1 for square pixels.
  double pixel_aspect() const { return aspect_; }
  /// Header cards of this WCS, as 80-character records.
  std::string records() const;

 private:
  struct State;
  explicit Wcs(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // wcslib's struct; immutable after construction, calls are serialised
  double scale_arcsec_ = 0, aspect_ = 1;
};

}  // namespace arcproof::sky

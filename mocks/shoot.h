// Ray-shooting: the image plane's view of a source, sampled as finely as its lensed shape asks.
//
// Surface brightness is conserved by lensing: the image plane shows at theta what the source shows at
// beta(theta). The image is searched for lit cells from coarse to fine (blocks of 4 pixels, pixels, halves of
// pixels, ...), so that a point of a thousandth of a pixel and an arc of hundreds of pixels cost what their
// lit area costs. Lit pixels that touch form a piece: one image of the source, or several that merge. Each
// piece is sampled on one uniform grid, fine enough for its narrowest width: the sum over a Gaussian so
// sampled is exact to 1e-8.
#pragma once

#include "engine/lens/image_frame.h"
#include "engine/lens/map.h"

#include <vector>

namespace arcproof::mocks {

/// A Gaussian source of unit flux in the source plane.
struct SourceProfile {
  lens::Vector2 centre_arcsec;
  double sigma_major_arcsec = 0;
  double sigma_minor_arcsec = 0;
  double angle_rad = 0;  ///< of the major axis, counter-clockwise from +x
};

struct ShootOptions {
  double samples_per_sigma = 1.4;  ///< of the narrowest lensed width
  double reach_sigma = 6.0;        ///< light further out is left off (1.5e-8 of the flux)
  int margin_pix = 40;             ///< searched beyond the image's edges, as far as the lens map goes
};

/// A light sample: position [pixel of the image] and flux; the source's flux is 1.
struct Sample {
  double x, y, flux;
};

/// One connected piece of the lensed source.
struct Piece {
  std::vector<Sample> samples;
  int x_low = 0, x_high = 0, y_low = 0, y_high = 0;  ///< pixels that hold light, inclusive
  double flux = 0;  ///< sum of the samples: the magnification averaged over the profile
  std::vector<std::pair<int, int>> pixels;  ///< lit pixels
  bool contains(double x, double y) const;  ///< the pixel under (x, y), or one beside it, is lit
};

/// All pieces of a source on an image of width x height pixels and its margin. Light outside the lens map is
/// lost.
std::vector<Piece> shoot(const SourceProfile& source, const lens::LensMap& map, double efficiency,
                         const lens::ImageFrame& frame, int width, int height, const ShootOptions& options);

/// The same for a source that is not lensed: a round Gaussian at a position of the image.
Piece unlensed_piece(double x, double y, double sigma_pix);

}  // namespace arcproof::mocks

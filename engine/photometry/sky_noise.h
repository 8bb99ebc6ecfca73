// The sky's noise: around a clump, and in apertures (limiting magnitudes).
#pragma once

#include "engine/core/array2d.h"
#include "engine/core/keys.h"
#include "engine/core/random.h"
#include "engine/sky/psf.h"

namespace arcproof::photometry {

/// Sigma-clipped standard deviation [nJy] of the pixels within `half_box` of (x, y) that belong to no object
/// of the segmentation, about their own plane. Widens the box up to four times until 100 pixels are found;
/// NaN if they never are.
double local_sky_sigma(const Array2D<float>& image_njy, const Array2D<int>& segmentation, double x, double y,
                       int half_box = 15);

/// Flux in a circle whose border pixels count by the part inside (10 x 10 points); NaN where a pixel has no
/// data or, with a segmentation, belongs to an object.
double aperture_flux(const Array2D<float>& image, double x, double y, double radius_pix,
                     const Array2D<int>* segmentation = nullptr);

struct LimitOptions {
  double sigmas = 5;
  int apertures = 1000;
  double radius_fwhm = 1.0;

  void describe(Keys& keys) {
    keys.number("sigmas", sigmas, "sigma", "significance of the limiting magnitude", Allowed::above(0, 100));
    keys.integer("apertures", apertures, "", "number of apertures on empty sky",
                 Allowed::between(20, 100000));
    keys.number("radius_fwhm", radius_fwhm, "FWHM of the PSF", "radius of the apertures",
                Allowed::above(0, 100));
  }
};

struct DepthLimit {
  double flux_njy = 0;  ///< total flux of a point source at the limit: sigmas * scatter / encircled energy
  double mag_ab = 0;
  int apertures = 0;  ///< used
};

/// Scatter (1.4826 MAD) of the flux in PSF-sized apertures on empty sky, as a point-source limit. Apertures
/// touch no object of the segmentation and no pixel without data. NaN when fewer than 20 fit on the image.
DepthLimit limiting_depth(const Array2D<float>& image_njy, const Array2D<int>& segmentation,
                          const sky::Psf& psf, const LimitOptions& options, Random& random);

}  // namespace arcproof::photometry

// What the PSF modules share: the centroid of a point source, its shift by trigonometric interpolation and
// its width. Internal to engine/sky; defined in psf.cpp.
#pragma once

#include "engine/core/array2d.h"

namespace arcproof::sky {

/// A position [pixel, 0 the centre of the first].
struct Centre {
  double x, y;
};

Centre brightest_pixel(const Array2D<double>& image);

/// Standard deviation [pixel] of the Gaussian that has the area of the pixels above half maximum, at least 1.
double core_sigma(const Array2D<double>& image);

/// Centroid under a Gaussian window that follows it (as SExtractor's XWIN_IMAGE): insensitive to noise in the
/// wings. `image` holds no NaN.
Centre windowed_centroid(const Array2D<double>& image, Centre start, double sigma);

/// Trigonometric interpolation of `image` (zero outside) at centre + (i, j) step, i and j from -half to half.
Array2D<double> resampled(const Array2D<double>& image, Centre centre, int half, double step);

/// FWHM [pixel] of a source on the central pixel of an odd square: diameter of the circle with the area of
/// the pixels above half of the central one (sub-sampled 8 x 8, bilinear).
double fwhm_pixels(const Array2D<double>& image);

}  // namespace arcproof::sky

// Detection of compact sources: SExtractor's algorithm as a library (libsep, Barbary 2016; Bertin & Arnouts
// 1996).
#pragma once

#include "engine/core/array2d.h"
#include "engine/core/keys.h"

#include <vector>

namespace arcproof::photometry {

struct DetectionOptions {
  double threshold_sigma = 1.5;
  int min_area_pix = 5;
  int median_side_pix = 30;  // Claeyssens+2023, section 5.1
  int background_mesh_pix = 64;
  int deblend_levels = 32;
  double deblend_contrast = 0.0001;

  void describe(Keys& keys) {
    keys.number("threshold_sigma", threshold_sigma, "sigma of the error image",
                "detection threshold, per pixel of the filtered image", Allowed::above(0, 1e6));
    keys.integer("min_area_pix", min_area_pix, "pixel",
                 "minimum number of connected pixels above the threshold", Allowed::between(1, 1e6));
    keys.integer("median_side_pix", median_side_pix, "pixel",
                 "side of the median filter that is subtracted; 0: a background mesh instead",
                 Allowed::between(0, 1000));
    keys.integer("background_mesh_pix", background_mesh_pix, "pixel",
                 "side of the background mesh, without a median filter and for limiting magnitudes",
                 Allowed::between(4, 1e5));
    keys.integer("deblend_levels", deblend_levels, "",
                 "number of deblending thresholds between detection and peak (SExtractor DEBLEND_NTHRESH)",
                 Allowed::between(1, 64));
    keys.number("deblend_contrast", deblend_contrast, "",
                "minimum fraction of the flux for a branch to be deblended (SExtractor DEBLEND_MINCONT)",
                Allowed::between(0, 1));
  }
};

struct Detection {
  double x = 0, y = 0;  ///< barycentre [pixel]
  double a = 0, b = 0;  ///< isophotal rms axes [pixel]
  double theta_rad = 0;
  double flux_njy = 0;  ///< isophotal
  int pixels = 0;
  int flags = 0;  ///< libsep's
  int pass = 1;   ///< 1: image; 2: residual image
};

struct DetectionResult {
  std::vector<Detection> objects;  ///< in libsep's order (by position)
  Array2D<int> segmentation;       ///< 0 sky, else 1 + index of the object
};

/// Diffuse light is subtracted (the "high contrast image"), then objects extracted above threshold_sigma *
/// error. Pixels that are NaN in either image are masked. Thread-safe; the result does not depend on earlier
/// calls. Throws SystemError when libsep fails.
DetectionResult detect(const Array2D<float>& image_njy, const Array2D<float>& error_njy,
                       const DetectionOptions& options);

/// The image minus its running median in a square of this side; NaN where the image is NaN. The median of
/// half of the pixels (a chequerboard) is taken at every sixth of the side and interpolated between: a
/// running median hardly changes within that.
Array2D<float> median_subtracted(const Array2D<float>& image_njy, int side_pix);

/// The image minus a mesh background (libsep: clipped mode in tiles, splines between); masked pixels are NaN.
Array2D<float> background_subtracted(const Array2D<float>& image_njy, const Array2D<float>& error_njy,
                                     int mesh_pix);

}  // namespace arcproof::photometry

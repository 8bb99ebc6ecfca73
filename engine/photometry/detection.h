// Detection of compact sources: SExtractor's algorithm as a library (libsep, Barbary 2016; Bertin & Arnouts
// 1996).
#pragma once

#include "engine/core/array2d.h"

#include <vector>

namespace arcproof::photometry {

struct DetectionOptions {
  double threshold_sigma = 1.5;  ///< of the error image, per pixel after filtering
  int min_area_pix = 5;
  int background_mesh_pix = 30;  ///< side of the background mesh: takes out the host's diffuse light
  int deblend_levels = 32;
  double deblend_contrast = 0.001;
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
  Array2D<float> background_njy;
  double background_rms_njy = 0;  ///< global rms of the background-subtracted image
};

/// Background is measured and subtracted, then objects extracted above threshold_sigma * error. Pixels that
/// are NaN in either image are masked. Thread-safe; the result does not depend on earlier calls. Throws
/// SystemError when libsep fails.
DetectionResult detect(const Array2D<float>& image_njy, const Array2D<float>& error_njy,
                       const DetectionOptions& options);

}  // namespace arcproof::photometry

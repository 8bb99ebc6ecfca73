// A square piece of an image around a clump, with weights: what the fit sees.
#pragma once

#include "engine/core/array2d.h"

#include <vector>

namespace arcproof::photometry {

struct Cutout {
  int size = 0;                    ///< odd side [pixel]
  int centre_x = 0, centre_y = 0;  ///< image pixel of the central pixel
  std::vector<double> flux;        ///< [nJy per pixel], row-major; 0 where weight is 0
  std::vector<double> weight;      ///< 1 / sigma [1 / nJy]; 0 for pixels without data or outside the image
  int valid_pixels() const;
};

/// Cuts size x size pixels around the pixel nearest to (x, y), all with the same sigma: the papers'
/// unweighted least squares.
Cutout cut_uniform(const Array2D<float>& image, double x, double y, int size, double sigma_njy);

}  // namespace arcproof::photometry

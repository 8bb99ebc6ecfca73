#include "engine/photometry/cutout.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>

namespace arcproof::photometry {

int Cutout::valid_pixels() const {
  return static_cast<int>(std::count_if(weight.begin(), weight.end(), [](double w) { return w > 0; }));
}

Cutout cut_uniform(const Array2D<float>& image, double x, double y, int size, double sigma_njy) {
  require(size > 0 && size % 2 == 1, "cut_uniform: size is odd");
  require(sigma_njy > 0, "cut_uniform: sigma > 0");
  Cutout cutout;
  cutout.size = size;
  cutout.centre_x = static_cast<int>(std::lround(x));
  cutout.centre_y = static_cast<int>(std::lround(y));
  const int half = size / 2;
  for (int j = cutout.centre_y - half; j <= cutout.centre_y + half; ++j)
    for (int i = cutout.centre_x - half; i <= cutout.centre_x + half; ++i) {
      const bool valid = image.contains(i, j) && std::isfinite(image(i, j));
      cutout.flux.push_back(valid ? image(i, j) : 0.0);
      cutout.weight.push_back(valid ? 1 / sigma_njy : 0.0);
    }
  return cutout;
}

}  // namespace arcproof::photometry

// Where clumps are injected: evenly over the host, or where the host's own clumps are.
//
//   density    f(x) proportional to sum_i N(x - x_i; h^2) over the catalogue's rows i, normalised over the places
//   width      h: the largest leave-one-out likelihood of the rows, prod_i [(1 - s) f_{-i}(x_i) + s / A]
//   drawn      q(x) = 1 / A (uniform), or (1 - s) f(x) + s / A (catalogue), A the number of places [pixel]
//
// Densities are constant over a pixel. A clump is drawn at one of its images; its other images lie where the lens
// puts them. The density with which an image at x_i is drawn adds up over all images k of the clump: through the
// source plane, q_image(x_i) = sum_k q(x_k) |mu_k| / |mu_i|.
#pragma once

#include "engine/core/array2d.h"
#include "engine/core/keys.h"
#include "engine/core/random.h"
#include "engine/sky/wcs.h"

#include <span>
#include <vector>

namespace arcproof::mocks {

enum class PlacementKind { uniform, catalogue };

struct PlacementOptions {
  PlacementKind kind = PlacementKind::uniform;
  double uniform_share = 0.125;
};

class Placement {
 public:
  Placement() = default;
  /// `places`: centres of the pixels where clumps may be drawn, on an image of width x height. `rows`: positions
  /// [pixel] of the clumps of the catalogue. With fewer than 5 of them f is uniform too, as is what is drawn.
  Placement(std::vector<sky::PixelPosition> places, int width, int height,
            std::span<const sky::PixelPosition> rows, const PlacementOptions& options);

  const std::vector<sky::PixelPosition>& places() const { return places_; }
  /// A place [pixel], drawn with density q.
  sky::PixelPosition draw(Random& random) const;
  double drawn(double x, double y) const;          ///< q [1/pixel^2]; 0 outside the places
  double clumps(double x, double y) const;         ///< f [1/pixel^2]; 0 outside the places
  double uniform(double x, double y) const;        ///< 1 / A [1/pixel^2]; 0 outside the places
  double width_pix() const { return width_pix_; }  ///< h; NaN where f is uniform

 private:
  std::vector<sky::PixelPosition> places_;
  std::vector<double> cumulative_;  // of q over the places; empty: uniform
  Array2D<unsigned char> inside_;
  Array2D<double> clumps_;  // empty: uniform
  double share_ = 1, width_pix_ = 0;
};

/// The width that the rows themselves favour [pixel]; `area` is that of the places [pixel^2].
double width_by_leave_one_out(std::span<const sky::PixelPosition> rows, double area, double uniform_share);

}  // namespace arcproof::mocks

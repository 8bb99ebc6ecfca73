// Where clumps are injected: evenly over the host, or where the host's own clumps are.
//
//   density    f(x) proportional to a(x) sum_i N(beta(x) - beta_i; h^2) over the catalogue's rows i, normalised over the
//              places. beta: place in the source plane, a: area there of a pixel at x, 1 / |mu|; so images lie as a
//              smooth density of sources behind the lens puts them. Without a lens beta is x, and a is 1. Rows are
//              first drawn together about their mean, so that the density has their variance, not more
//   width      h: the largest leave-one-out likelihood of the rows, prod_i [(1 - s) F_{-i}(beta_i) + s / A_s], F the
//              density in the source plane, A_s the area of the places there
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

#include <functional>
#include <span>
#include <vector>

namespace arcproof::mocks {

enum class PlacementKind { uniform, catalogue };

struct PlacementOptions {
  PlacementKind kind = PlacementKind::uniform;
  double uniform_share = 0.125;
};

/// A place in the source plane, in any unit of length, and the area there of one pixel of the image.
struct SourcePlace {
  double x, y, pixel_area;
};
using ToSource = std::function<SourcePlace(sky::PixelPosition)>;

class Placement {
 public:
  Placement() = default;
  /// `places`: centres of the pixels where clumps may be drawn, on an image of width x height. `rows`: positions
  /// [pixel] of the clumps of the catalogue, one image a clump. With fewer than 5 of them f is uniform too, as is what
  /// is drawn. `to_source`: through the lens; none: the image itself.
  Placement(std::vector<sky::PixelPosition> places, int width, int height,
            std::span<const sky::PixelPosition> rows, const PlacementOptions& options,
            const ToSource& to_source = {});

  const std::vector<sky::PixelPosition>& places() const { return places_; }
  /// A place [pixel], drawn with density q.
  sky::PixelPosition draw(Random& random) const;
  double drawn(double x, double y) const;    ///< q [1/pixel^2]; 0 outside the places
  double clumps(double x, double y) const;   ///< f [1/pixel^2]; 0 outside the places
  double uniform(double x, double y) const;  ///< 1 / A [1/pixel^2]; 0 outside the places
  double width() const { return width_; }    ///< h, in units of the source plane; NaN where f is uniform

 private:
  std::vector<sky::PixelPosition> places_;
  std::vector<double> cumulative_;  // of q over the places; empty: uniform
  Array2D<unsigned char> inside_;
  Array2D<double> clumps_;  // empty: uniform
  double share_ = 1, width_ = 0;
};

/// The width that the rows themselves favour, between 1/1000 and once the square root of `area`, that of the places.
double width_by_leave_one_out(std::span<const SourcePlace> rows, double area, double uniform_share);

}  // namespace arcproof::mocks

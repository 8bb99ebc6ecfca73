// From the source plane to the image plane: all images of a source.
//
// Schneider, Ehlers & Falco (1992), section 10.3: the cells of a grid in the image plane, split into
// triangles, are carried to the source plane; every triangle that covers the source holds an image (to first
// order), which Newton's method then refines on the interpolated map, theta <- theta + A^-1 [beta -
// beta(theta)].
#pragma once

#include "engine/lens/map.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace arcproof::lens {

struct Image {
  Vector2 position_arcsec;  ///< lens frame
  double mu = 1;            ///< signed magnification, from the map's Hessian
};

/// Finds images of many sources at one redshift. Construction carries the map to the source plane and sorts
/// its cells into buckets there; a query looks into one bucket. Queries may run on several threads.
///
/// Images closer than 0.2 step with the same parity are one image. Missed: two images on either side of a
/// critical curve and less than about one step apart, and the faint images inside the cores of galaxies that
/// the grid does not resolve.
class ImageFinder {
 public:
  /// The map must outlive the finder. `efficiency` is D_LS / D_S of the sources; a constant field has 1.
  ImageFinder(const LensMap& map, double efficiency);
  ImageFinder(const LensMap&&, double) = delete;

  /// All images of a point at `beta` [arcsec, source plane], by falling |mu|; exactly one in a constant
  /// field. Empty when the point is seen nowhere on the grid.
  std::vector<Image> images(Vector2 beta_arcsec) const;

  double efficiency() const { return efficiency_; }

 private:
  void carry_nodes();
  void sort_cells();
  template <class Visit>
  void for_each_bucket_of(int i, int j, const Visit& visit) const;
  std::optional<Vector2> refined(Vector2 beta, Vector2 start) const;
  void add_images_of_cell(int i, int j, Vector2 beta, std::vector<Image>& found) const;
  void add_image(Vector2 theta, std::vector<Image>& found) const;

  const LensMap* map_;
  double efficiency_;
  Array2D<Vector2> source_;  // source position of each node

  // Buckets of the source plane. Those of bucket b are cells_[start_[b]] .. cells_[start_[b + 1] - 1].
  Vector2 low_, high_;
  double bucket_arcsec_ = 1;
  int buckets_x_ = 0, buckets_y_ = 0;
  std::vector<std::uint32_t> start_, cells_;
};

/// The image of `beta` that Newton's method reaches from `start` in the exact model, steps longer than 0.5"
/// cut; empty when it does not converge (to 1e-10") in 200 steps.
std::optional<Vector2> image_near(const LensModel& model, double efficiency, Vector2 beta_arcsec,
                                  Vector2 start_arcsec);

}  // namespace arcproof::lens

// From the source plane to the image plane: all images of a source.
//
// Schneider, Ehlers & Falco (1992), section 10.3: the cells of a grid in the image plane, split into
// triangles, are carried to the source plane; every triangle that covers the source holds an image (to first
// order), which Newton's method then refines on the interpolated map, theta <- theta + A^-1 [beta -
// beta(theta)].
//
// Where a critical line crosses a cell, the cell is folded over itself in the source plane and its triangles
// tell nothing. Such cells, and their neighbours, are split into quarters as long as these may hold the
// source, to 1/32 of a step; Newton's method starts from the corners of the smallest, on both sides of the
// line. So both images of a pair that merges at a caustic are found, and the three that merge at a cusp.
#pragma once

#include "engine/lens/map.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace arcproof::lens {

struct Image {
  Vector2 position_arcsec;  ///< lens frame
  /// Signed magnification, from the map's Hessian; within three cells of a critical line, where the bilinear
  /// Hessian errs by up to several per cent and may have the other sign, from the derivatives of the
  /// interpolated deflection.
  double mu = 1;
};

/// Finds images of many sources at one redshift. Construction carries the map to the source plane and sorts
/// its cells into buckets there; a query looks into one bucket. Queries may run on several threads.
///
/// Tested: both images of a source 1e-5" inside a fold, on a map of 0.05" steps. Missed: pairs still closer
/// to their caustic, critical lines smaller than a cell, and the faint images inside the cores of galaxies
/// that the grid does not resolve. Elsewhere a lens without singularities has an odd number of images (Burke
/// 1981), and their number changes by two where the source crosses a caustic.
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
  /// A square of the image plane by its lower corner, with its corners (x fastest) carried to the source
  /// plane.
  struct Square {
    Vector2 low;
    double side;
    Vector2 source[4];
    bool may_cover(Vector2 beta) const;
  };
  void mark_folded_cells();
  Hessian jacobian(Vector2 theta) const;
  enum class Place { smooth, folded };
  std::optional<Vector2> refined(Vector2 beta, Vector2 start, Place place) const;
  void add_refined(Vector2 beta, Vector2 start, Place place, std::vector<Image>& found) const;
  void add_images_of_triangles(const Square& square, Place place, Vector2 beta,
                               std::vector<Image>& found) const;
  void add_images_of_folded(const Square& square, int depth, Vector2 beta, std::vector<Image>& found) const;
  Square cell(int i, int j) const;
  void add_images_of_cell(int i, int j, Vector2 beta, std::vector<Image>& found) const;

  const LensMap* map_;
  double efficiency_;
  Array2D<Vector2> source_;  // source position of each node
  Array2D<char> folded_;  // cells (by their lower left node) that a critical line crosses, and those around

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

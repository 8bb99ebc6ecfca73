// The density of a chain's draws in two parameters, and the regions that hold a share of them.
#pragma once

#include <cstddef>
#include <vector>

namespace arcproof::reports {

/// Density of draws (x, y) in cells that cover them: shared out by cell and smoothed by a Gaussian of Scott's
/// width (sigma n^(-1/6)) in x and y, mirrored at the ends of the draws, where priors may cut. Draws of one
/// value, or none: no cells.
struct JointDensity {
  static constexpr int cells = 60;                      // a side
  double x_low = 0, x_step = 0, y_low = 0, y_step = 0;  // centre of the first cell
  std::vector<double> density;                          // [y * cells + x], sums to 1
  std::vector<double> drawn;                            // share of the draws in each cell, not smoothed
  static std::size_t cell(int x, int y) {
    return static_cast<std::size_t>(y) * cells + static_cast<std::size_t>(x);
  }
  double at(int x, int y) const { return density[cell(x, y)]; }
  /// The density above which the cells hold this share of the draws: smoothing widens the region's form, but
  /// not what is in it.
  double level(double share) const;
};
JointDensity joint_density(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace arcproof::reports

// Many fits of one clump on the same pixels, its shape given each time and its position free: the redraws of
// forced photometry. Claeyssens+2023 section 5.2.
//
// The position is found on second-order expansions of the image (position_expansion.h). Where to expand is
// foreseen with a typical image: its expansions on a grid of positions are made once, and the data of each
// fit are led over them, so that most fits draw their own image once. The flux errs by up to 0.3% against the
// full descent of clump_fit.h (tested); there are no errors, which is what redraws are for.
#pragma once

#include "engine/photometry/clump_fit.h"
#include "engine/photometry/convolution/position_expansion.h"

#include <map>
#include <span>
#include <utility>
#include <vector>

namespace arcproof::photometry {

struct PositionFitResult {
  double flux = 0;      ///< [nJy], signed
  double x = 0, y = 0;  ///< relative to the central pixel
  double chi2 = 0;
  int images = 0;          ///< drawn for this fit
  bool solvable = false;   ///< false: the pixels do not determine a flux
  bool converged = false;  ///< the last expansion was within reach
};

class PositionFit {
 public:
  /// Weights are the cutout's; its data are not used. The PSF transform must serve cutout.size and outlive
  /// this.
  /// \param max_shift_pix of the position from its start, each axis
  /// \param tolerance_chi2 a predicted fall of chi^2 below this ends the descent
  PositionFit(const Cutout& cutout, const PsfTransform& psf, const ComponentStart& typical, bool plane,
              double max_shift_pix, double tolerance_chi2);

  /// Fits `flux` [nJy per pixel], row-major as the cutout's.
  PositionFitResult fit(std::span<const double> flux, const ComponentStart& start);

 private:
  struct Expansion {
    std::vector<double> planes;        // six, weighted
    Eigen::Matrix<double, 6, 6> gram;  // without their background
  };
  struct Bounds {
    double low_x, high_x, low_y, high_y;
  };
  Expansion expand(double x, double y, const Covariance& shape);
  PositionExpansion with_data(const Expansion& expansion, double x, double y, const Bounds& bounds) const;
  void foresee(const Bounds& bounds, double& x, double& y);

  const PsfTransform& psf_;
  ComponentStart typical_;
  double max_shift_pix_, tolerance_chi2_;
  int background_terms_;
  ComponentImages images_;
  std::vector<double> weight_;
  std::vector<double> background_;  // orthonormal columns
  std::vector<double> data_;        // weighted, without its background
  std::map<std::pair<int, int>, Expansion> grid_;
};

}  // namespace arcproof::photometry

// A Sersic profile convolved with the full PSF, and its fit to a cutout. The companion of the elliptical
// Gaussian of clump_fit.h for hosts and extended clumps.
//
//   I(r) = I_e exp(-b_n ((r / R_e)^(1/n) - 1)),  r^2 = q x'^2 + y'^2 / q,
//
// R_e the circularised half-light radius.
// The profile enters through its two-dimensional Fourier transform, a function F_n(k R_e) of one variable
// that is tabulated for each n (error below 1e-6 of F(0)), so nothing is sampled in real space and a cusp
// smaller than a pixel does no harm. n = 0.5 is the Gaussian. The PSF image contains the pixel.
#pragma once

#include "engine/photometry/clump_fit.h"
#include "engine/photometry/convolution/sersic_transform.h"

#include <span>
#include <vector>

namespace arcproof::photometry {

struct SersicFitOptions {
  bool index_free = true;
  double index = 1;  ///< the index itself where it is fixed, its start where it is free
  double min_index = 0.5, max_index = 6;
  double min_radius_pix = 0.1, max_radius_pix = 20;
  double min_axis_ratio = 0.1;
  double max_shift_pix = 2;
  bool plane = true;  ///< false: a constant background
  int max_iterations = 100;
};

/// Where a profile is looked for [pixel], relative to the central pixel.
struct SersicStart {
  double x = 0, y = 0;
};

struct SersicComponent {
  double flux = 0, flux_error = 0;
  double x = 0, y = 0, x_error = 0, y_error = 0;
  SersicShape shape;
  double radius_error = 0, index_error = 0;
};

/// What profiles on one cutout have in common.
struct SersicGround {
  FitStatus status = FitStatus::too_few_pixels;
  int iterations = 0;
  double chi2 = 0;
  int degrees_of_freedom = 0;
  double background = 0, slope_x = 0, slope_y = 0;
};

struct SersicGroupFit : SersicGround {
  std::vector<SersicComponent> components;  ///< in the order of the starts
};

/// Least squares on a cutout, all profiles jointly; fluxes and background are linear and solved for exactly
/// at each trial. With a free index each profile has its own. ContractError without a start.
SersicGroupFit fit_sersic_group(const Cutout& cutout, const sky::Psf& psf, std::span<const SersicStart> start,
                                const SersicFitOptions& options);

/// One profile: what tests look at.
struct SersicFit : SersicComponent, SersicGround {};
SersicFit fit_sersic(const Cutout& cutout, const sky::Psf& psf, double start_x, double start_y,
                     const SersicFitOptions& options);

}  // namespace arcproof::photometry

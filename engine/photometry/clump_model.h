// What a fit of clumps starts from, and what it says (clump_fit.h does it).
#pragma once

#include "engine/core/keys.h"
#include "engine/photometry/convolution/convolved_gaussian.h"
#include "engine/photometry/noise_correlation.h"

#include <optional>
#include <string_view>
#include <vector>

namespace arcproof::photometry {

/// How a fit ended. Names of fields are those of FitOptions, F the error of a flux over what it would be if all
/// else were known.
enum class FitStatus {
  converged,       ///< a step lowered chi^2, or was to lower it, by less than tolerance_chi2
  at_bound,        ///< so, with |x - start| > max_shift_pix - 1e-9 along an axis or
                   ///< sigma_major > max_sigma_pix - 1e-6
  not_converged,   ///< max_iterations steps, and none of them so small
  degenerate,      ///< converged, but F > 20: the flux trades with shape or background
  singular,        ///< the data do not determine the parameters: a matrix has no inverse
  too_few_pixels,  ///< valid pixels <= parameters
};
std::string_view to_string(FitStatus status);

/// What is known of a component before the fit. Position in pixels relative to the cutout's central pixel.
struct ComponentStart {
  double x = 0, y = 0;
  Covariance shape;  ///< starting shape; the shape itself when it is fixed
  /// Of this component alone, whatever FitOptions leaves free: position and shape are those given here.
  bool position_known = false, shape_known = false;
};

/// Weak priors on the shape, for maximum-a-posteriori fits: normal in ln sqrt(major * minor) and in the two
/// components of the ellipticity e = (1 - q^2) / (1 + q^2), q the axis ratio.
struct ShapePrior {
  double sigma_pix = 1;
  double log_sigma_width = 1;
  double ellipticity_width = 0.4;  // q = 0.5 is |e| = 0.6

  void describe(Keys& keys) {
    keys.number("sigma_pix", sigma_pix, "pixel", "median of the circularised standard deviation",
                Allowed::above(0, 100));
    keys.number("log_sigma_width", log_sigma_width, "", "standard deviation of its natural logarithm",
                Allowed::above(0, 100));
    keys.number("ellipticity_width", ellipticity_width, "",
                "standard deviation of each component of (1 - q^2) / (1 + q^2), q the axis ratio",
                Allowed::above(0, 100));
  }
};

struct FitOptions {
  std::optional<ShapePrior> prior =
      std::nullopt;   ///< with it the fit maximises the posterior; without, the likelihood
  bool plane = true;  ///< the background; false: a constant
  bool shape_free = true;
  bool position_free = true;
  double max_shift_pix = 2.0;  ///< of the position from its start, each axis
  double max_sigma_pix = 6.0;  ///< larger major axes end on the bound
  double min_sigma_pix = 0.1;  ///< of the major axis; far below the resolution floor of 0.4 pixel
  double min_axis_ratio = 0.1;
  int max_iterations = 60;
  double tolerance_chi2 = 1e-7;                   ///< a predicted fall of chi^2 below this ends the descent
  const NoiseCorrelation* correlation = nullptr;  ///< of the pixels' noise; null: white
  bool errors = true;  ///< analytic errors; without them nothing is said of degenerate fits
  bool try_several_sizes =
      true;  ///< choose the best of three round starting sizes, and start again from each of them where that
             ///< ends on a bound or nowhere (else start from `shape` as given)
};

struct ComponentFit {
  double flux = 0;        ///< [nJy], signed
  double flux_error = 0;  ///< analytic, for white noise of the weights
  double flux_error_correlated =
      0;                            ///< the same for noise of the correlation given; flux_error where none is
  double x = 0, y = 0;              ///< relative to the central pixel
  double x_error = 0, y_error = 0;  ///< analytic, for white noise
  double x_error_correlated = 0,
         y_error_correlated = 0;  ///< as flux_error_correlated
  Covariance shape;               ///< within the bounds of FitOptions
};

struct ClumpFit {
  FitStatus status = FitStatus::too_few_pixels;
  int iterations = 0;
  double chi2 = 0;
  int degrees_of_freedom = 0;
  std::vector<ComponentFit> components;
  double background = 0;            ///< plane at the central pixel [nJy per pixel]
  double slope_x = 0, slope_y = 0;  ///< [nJy per pixel^2]
};

}  // namespace arcproof::photometry

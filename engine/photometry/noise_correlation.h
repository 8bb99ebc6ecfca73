// The correlation of a mosaic's noise between pixels, which drizzling and resampling leave: measured on empty
// sky, used in errors and redraws. Casertano et al. 2000 (drizzle) for why the pixel scatter alone says too
// little.
#pragma once

#include "engine/core/array2d.h"
#include "engine/core/random.h"

#include <span>
#include <vector>

namespace arcproof::photometry {

/// rho(dx, dy), 1 at (0, 0), a valid (positive semi-definite) correlation; zero beyond reach() in either
/// direction.
class NoiseCorrelation {
 public:
  /// White noise: rho is 1 at lag (0, 0) and 0 elsewhere.
  NoiseCorrelation() : NoiseCorrelation(Array2D<double>(1, 1, 1.0), 0) {}
  /// From measured values on (2 reach + 1)^2 lags, the centre at (reach, reach). What is negative in their
  /// power spectrum (the noise of the measurement) is set to zero. `pairs` is kept for the record.
  explicit NoiseCorrelation(const Array2D<double>& measured, long pairs = 0);

  int reach() const { return rho_.width() / 2; }
  double operator()(int dx, int dy) const {
    const int x = dx + reach(), y = dy + reach();
    return rho_.contains(x, y) ? rho_(x, y) : 0.0;
  }
  bool is_white() const { return reach() == 0; }
  long pairs() const { return pairs_; }  ///< pixels it was measured on; 0 for white noise by decree

  /// Sum over pixels i, j of u_i rho(i - j) u_j for a vector on side x side pixels, row-major: the variance
  /// of u . noise in units of the pixel's variance.
  double quadratic_form(std::span<const double> u, int side) const;

  /// Noise of unit variance with this correlation on side x side pixels, row-major.
  std::vector<double> draw(int side, Random& random) const;

  /// How many times the pixel's sigma underestimates the noise of the mean over a large area: sqrt(sum of
  /// rho).
  double large_scale_factor() const;

 private:
  Array2D<double> rho_;
  Array2D<double> filter_;  // white noise convolved with it has this correlation
  long pairs_ = 0;
};

/// Pearson's correlation of two bands on empty sky: of differences between pixels three columns apart, in which
/// smooth light cancels; pixels over their error, less a mesh background, those beyond 4 sigma left out. For images
/// on the same grid. NaN with fewer than 2000 pairs. The flux errors of an SED are independent where it is 0.
double band_noise_correlation(const Array2D<float>& a_njy, const Array2D<float>& a_error_njy,
                              const Array2D<float>& b_njy, const Array2D<float>& b_error_njy,
                              const Array2D<int>& segmentation, int background_mesh_pix = 32);

struct NoiseCorrelationOptions {
  int reach_pix = 12;     ///< largest lag; the largest cutout of the fit spans 12
  double clip_sigma = 4;  ///< sky pixels further from the median are left out: undetected sources
  int min_pixels = 2000;  ///< of empty sky; with fewer the noise is taken to be white
  int background_mesh_pix =
      32;  ///< structure larger than this is not noise of a fit, which has its own plane
};

/// Measured on the pixels of no object (segmentation 0) of a mosaic [nJy]. Each pixel is divided by its error
/// where `error_njy` has the image's shape, so that depth variations do not look like correlation.
NoiseCorrelation measure_noise_correlation(const Array2D<float>& image_njy, const Array2D<float>& error_njy,
                                           const Array2D<int>& segmentation,
                                           const NoiseCorrelationOptions& options);

}  // namespace arcproof::photometry

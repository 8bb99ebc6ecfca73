// A Sersic profile in Fourier space and its images through a PSF (the law: sersic.h).
#pragma once

#include "engine/sky/psf.h"

#include <vector>

#include <Eigen/Dense>

namespace arcproof::photometry {

/// b_n of the Sersic law: half of the light lies within R_e. Relative accuracy 1e-10 for n in [0.3, 10].
double sersic_b(double n);

/// F_n(k): Fourier transform of a Sersic profile of unit flux and unit R_e at angular wavenumber k >= 0, in
/// radian per R_e; n in [0.3, 10]. A table in ln k, with its slopes, from the Mellin-Barnes integral
///
///   F(k) = 1/(2 pi i) int dz 2^(z-1) Gamma(z/2) / Gamma(1 - z/2) (b^n / k)^z Gamma(n (2-z)) / Gamma(2n)
///
/// along Re z = 1, where the integrand falls as exp(-pi n |Im z| / 2): no cusp, no wing and no oscillation
/// is in the way, and the trapezoidal rule converges exponentially.
class SersicTransform {
 public:
  explicit SersicTransform(double n);
  double n() const { return n_; }
  double operator()(double k) const { return at(k).value; }
  double derivative(double k) const { return k > 0 ? at(k).log_slope / k : 0.0; }  ///< dF/dk

  struct Value {
    double value;
    double log_slope;  ///< dF / d ln k
  };
  Value at(double k) const;

 private:
  double n_;
  std::vector<Value> table_;
};
/// The transform of an index, made once per process and kept; thread-safe. For indices that recur: a fit
/// makes its own for those on its way.
const SersicTransform& shared_sersic_transform(double n);

struct SersicShape {
  double effective_radius_pix = 1;  ///< circularised: sqrt(major * minor)
  double n = 1;
  double axis_ratio = 1;  ///< minor / major, (0, 1]
  double angle_rad = 0;   ///< of the major axis, counter-clockwise from +x
};

/// A profile as a fit moves it. The ellipse is a point in the plane, g = ln(1 / q) (cos 2 phi, sin 2 phi), in
/// which nothing is singular at the circle: the transform is F(kappa), kappa^2 = k^T S k, with
/// S = R_e^2 exp [[g1, g2], [g2, -g1]].
struct SersicProfile {
  double x = 0, y = 0;  ///< relative to the central pixel
  double radius_pix = 1;
  double g1 = 0, g2 = 0;
  double n = 1;
};
SersicProfile profile_of(double x, double y, const SersicShape& shape);
SersicShape shape_of(const SersicProfile& profile);

/// Images of profiles of unit flux through one PSF on size x size pixels (odd). The images are periodic;
/// light of the PSF beyond half a period is dropped. Immutable.
class SersicRenderer {
 public:
  /// Period `period` [pixel], odd, larger than `size`.
  SersicRenderer(const sky::Psf& psf, int size, int period);

  /// The period, 63 to 255 pixels, beyond which there is so little light that its return, an almost even
  /// background, stays below 3e-4 of the peak (R_e up to 10 pixels at n = 4; in general where 255 suffices).
  static int period_for(int size, const SersicProfile& profile);

  /// One value a pixel, row-major.
  Eigen::VectorXd image(const SersicProfile& profile, const SersicTransform& transform) const;

  enum Column { image_column, x_column, y_column, log_radius_column, g1_column, g2_column, index_column };
  static constexpr int columns = 7;
  static constexpr double index_step = 1e-4;
  /// The image and its derivatives as columns; the one by the index from the transforms at n +- index_step,
  /// zero where they are null.
  Eigen::MatrixXd derivatives(const SersicProfile& profile, const SersicTransform& transform,
                              const SersicTransform* above, const SersicTransform* below) const;

 private:
  Eigen::MatrixXd render(const SersicProfile& profile, const SersicTransform& transform,
                         const SersicTransform* above, const SersicTransform* below) const;
  int size_, period_;
  Eigen::MatrixXcd spectrum_;
};

/// Image of unit flux on size x size pixels (odd, up to 213), row-major, centred at (x, y) relative to the
/// central pixel, with the period of period_for.
std::vector<double> sersic_image(const sky::Psf& psf, int size, double x, double y, const SersicShape& shape);

}  // namespace arcproof::photometry

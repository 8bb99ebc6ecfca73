// Cubic B-splines on one axis, and the penalty that keeps them smooth (P-splines: Eilers & Marx 1996, Stat. Sci. 11, 89).
#pragma once

#include <span>
#include <vector>

#include <Eigen/Core>

namespace arcproof::validation {

class Spline {
 public:
  /// Knots at `pieces` + 1 quantiles of the values between their 0.5 and 99.5%; fewer where quantiles coincide.
  /// Values beyond are taken as at the ends. No finite value: a basis without functions.
  Spline(std::span<const double> values, int pieces);

  Eigen::Index size() const;  ///< functions of the basis, which sum to 1
  /// Values of all functions at x; NaN counts as the median.
  void put(double x, Eigen::Ref<Eigen::VectorXd> into) const;
  /// D' D of second differences of coefficients.
  Eigen::MatrixXd roughness() const;

 private:
  std::vector<double> knots_;  ///< with three more at each end
  double middle_ = 0;
};

}  // namespace arcproof::validation

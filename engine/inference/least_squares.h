// Levenberg-Marquardt for small dense problems (a few parameters, up to a few thousand residuals).
//
// Marquardt's scaling with Nielsen's update of the damping (Madsen, Nielsen & Tingleff 2004, "Methods for
// non-linear least squares problems", alg. 3.16). Box bounds are kept by projecting each trial step.
#pragma once

#include <functional>

#include <Eigen/Dense>

namespace arcproof::inference {

struct LeastSquaresOptions {
  int max_iterations = 100;
  double gradient_tolerance = 1e-10;  ///< on the largest |J^T r| relative to |J| |r|
  double step_tolerance = 1e-10;      ///< on the step relative to the parameters
  double cost_tolerance = 1e-12;      ///< on the relative fall of the cost
  double initial_damping = 1e-3;
};

enum class FitStatus { converged, at_bound, max_iterations, singular };

struct LeastSquaresSummary {
  FitStatus status = FitStatus::max_iterations;
  int iterations = 0;
  double chi2 = 0;    ///< sum of squared residuals at the end
  Eigen::VectorXd x;  ///< the minimum
  Eigen::MatrixXd
      covariance;  ///< (J^T J)^-1 at the minimum; residuals are taken to be in units of their sigma
};

/// Fills residuals (and the Jacobian d residual / d x when not null) at x. Shapes are fixed by the first
/// call.
using ResidualFunction =
    std::function<void(const Eigen::VectorXd& x, Eigen::VectorXd& residual, Eigen::MatrixXd* jacobian)>;

/// Minimises sum residual^2 from `start`, within [lower, upper] (empty vectors: no bounds).
LeastSquaresSummary minimise_least_squares(const ResidualFunction& function, Eigen::VectorXd start,
                                           const Eigen::VectorXd& lower, const Eigen::VectorXd& upper,
                                           const LeastSquaresOptions& options = {});

/// Wraps a residual function without Jacobian: central differences with a relative step of 1e-6.
ResidualFunction with_numerical_jacobian(
    std::function<void(const Eigen::VectorXd& x, Eigen::VectorXd& residual)> function);

}  // namespace arcproof::inference

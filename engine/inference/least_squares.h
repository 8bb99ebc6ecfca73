// Levenberg-Marquardt for small dense problems (a few parameters, up to a few thousand residuals).
//
// Marquardt's scaling with Nielsen's update of the damping (engine/inference/damping.h). Box bounds are kept by
// projecting each trial step.
#pragma once

#include <functional>

#include <Eigen/Dense>

namespace arcproof::inference {

struct LeastSquaresOptions {
  int max_iterations = 100;
  double gradient_tolerance = 1e-10;  ///< these three: see FitStatus
  double step_tolerance = 1e-10;
  double cost_tolerance = 1e-12;
  double initial_damping = 1e-3;
};

/// How a fit ended. It stops where one of these holds, r the residuals, J their Jacobian, g = J^T r (0 for a
/// parameter that is held on its bound), dx a step that was tried:
///   max_i |g_i| <= gradient_tolerance |J| |r|           the ground is flat (|J| by Frobenius)
///   |dx| <= step_tolerance (|x| + step_tolerance)       taken or not
///   0 <= fall of |r|^2 <= cost_tolerance |r|^2          of a step that was taken
///   damping > 1e30                                      no step leads down
enum class FitStatus {
  converged,       ///< stopped, all parameters between their bounds
  at_bound,        ///< stopped with x_i <= lower_i or x_i >= upper_i for some i
  max_iterations,  ///< max_iterations steps, taken or not, and none of these held
  singular         ///< J^T J has no inverse where it ended, however it did
};

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

#include "engine/inference/least_squares.h"

#include "engine/core/error.h"
#include "engine/inference/damping.h"

#include <algorithm>
#include <cmath>

namespace arcproof::inference {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

VectorXd projected(VectorXd x, const VectorXd& lower, const VectorXd& upper) {
  if (lower.size()) x = x.cwiseMax(lower);
  if (upper.size()) x = x.cwiseMin(upper);
  return x;
}

bool touches_bound(const VectorXd& x, const VectorXd& lower, const VectorXd& upper) {
  for (Eigen::Index i = 0; i < x.size(); ++i)
    if ((lower.size() && x[i] <= lower[i]) || (upper.size() && x[i] >= upper[i])) return true;
  return false;
}

// A parameter that sits on a bound and is pushed outwards is held: its gradient counts as zero.
VectorXd free_gradient(VectorXd gradient, const VectorXd& x, const VectorXd& lower, const VectorXd& upper) {
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    if (lower.size() && x[i] <= lower[i] && gradient[i] > 0) gradient[i] = 0;
    if (upper.size() && x[i] >= upper[i] && gradient[i] < 0) gradient[i] = 0;
  }
  return gradient;
}

MatrixXd without_held(MatrixXd normal, const VectorXd& gradient, const VectorXd& full_gradient) {
  for (Eigen::Index i = 0; i < gradient.size(); ++i)
    if (gradient[i] == 0 && full_gradient[i] != 0) {
      normal.row(i).setZero();
      normal.col(i).setZero();
      normal(i, i) = 1;
    }
  return normal;
}

}  // namespace

LeastSquaresSummary minimise_least_squares(const ResidualFunction& function, VectorXd start,
                                           const VectorXd& lower, const VectorXd& upper,
                                           const LeastSquaresOptions& options) {
  require(start.size() > 0, "minimise_least_squares: at least one parameter");
  LeastSquaresSummary summary;
  VectorXd x = projected(std::move(start), lower, upper);
  VectorXd residual, trial_residual;
  MatrixXd jacobian;
  function(x, residual, &jacobian);
  double cost = residual.squaredNorm();
  Damping damping(options.initial_damping, 1e-15, 1e30);
  bool small_step = false;

  for (; summary.iterations < options.max_iterations && !small_step; ++summary.iterations) {
    const VectorXd full_gradient = jacobian.transpose() * residual;
    const VectorXd gradient = free_gradient(full_gradient, x, lower, upper);
    const MatrixXd normal = without_held(jacobian.transpose() * jacobian, gradient, full_gradient);
    if (gradient.cwiseAbs().maxCoeff() <=
        options.gradient_tolerance * (1e-300 + jacobian.norm() * std::sqrt(cost))) {
      small_step = true;
      break;
    }
    MatrixXd damped = normal;
    for (Eigen::Index i = 0; i < x.size(); ++i)
      damped(i, i) += damping.value() * std::max(normal(i, i), 1e-300);
    const Eigen::LDLT<MatrixXd> solver(damped);
    const VectorXd trial = projected(x - solver.solve(gradient), lower, upper);
    const VectorXd step = trial - x;
    if (solver.info() != Eigen::Success || !step.allFinite()) {
      damping.step_refused();
      continue;
    }
    function(trial, trial_residual, nullptr);
    const double trial_cost = trial_residual.squaredNorm();
    const double predicted = -(2 * gradient.dot(step) + step.dot(normal * step));
    const double gain = (cost - trial_cost) / std::max(predicted, 1e-300);
    small_step = step.norm() <= options.step_tolerance * (x.norm() + options.step_tolerance);
    if (std::isfinite(trial_cost) && trial_cost <= cost) {
      small_step = small_step || cost - trial_cost <= options.cost_tolerance * cost;
      x = trial;
      cost = trial_cost;
      function(x, residual, &jacobian);
      damping.step_taken(gain);
    } else {
      damping.step_refused();
    }
    if (damping.exhausted()) small_step = true;
  }

  summary.x = x;
  summary.chi2 = cost;
  const Eigen::FullPivLU<MatrixXd> lu(jacobian.transpose() * jacobian);
  if (!lu.isInvertible()) {
    summary.status = FitStatus::singular;
    summary.covariance = MatrixXd::Constant(x.size(), x.size(), std::nan(""));
    return summary;
  }
  summary.covariance = lu.inverse();
  summary.status = !small_step                      ? FitStatus::max_iterations
                   : touches_bound(x, lower, upper) ? FitStatus::at_bound
                                                    : FitStatus::converged;
  return summary;
}

ResidualFunction with_numerical_jacobian(std::function<void(const VectorXd&, VectorXd&)> function) {
  return [function = std::move(function)](const VectorXd& x, VectorXd& residual, MatrixXd* jacobian) {
    function(x, residual);
    if (!jacobian) return;
    jacobian->resize(residual.size(), x.size());
    VectorXd plus, minus;
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      const double h = 1e-6 * std::max(std::abs(x[i]), 1e-3);
      VectorXd shifted = x;
      shifted[i] = x[i] + h;
      function(shifted, plus);
      shifted[i] = x[i] - h;
      function(shifted, minus);
      jacobian->col(i) = (plus - minus) / (2 * h);
    }
  };
}

}  // namespace arcproof::inference

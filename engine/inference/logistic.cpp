#include "engine/inference/logistic.h"

#include "engine/core/error.h"

#include <cmath>

#include <Eigen/Dense>

namespace arcproof::inference {
namespace {

constexpr int most_steps = 100, most_halvings = 30;
constexpr double smallest_gain = 1e-9;

double log_one_plus_exp(double eta) {
  return eta > 0 ? eta + std::log1p(std::exp(-eta)) : std::log1p(std::exp(eta));
}

struct Problem {
  const Eigen::MatrixXd& design;
  const std::vector<bool>& outcome;
  std::span<const double> weights;
  const Eigen::MatrixXd& penalty;

  double log_likelihood(const Eigen::VectorXd& b) const {
    const Eigen::VectorXd eta = design * b;
    double sum = 0;
    for (Eigen::Index i = 0; i < eta.size(); ++i) {
      const auto k = static_cast<std::size_t>(i);
      sum += weights[k] * ((outcome[k] ? eta[i] : 0.0) - log_one_plus_exp(eta[i]));
    }
    return sum;
  }
  double objective(const Eigen::VectorXd& b) const { return log_likelihood(b) - 0.5 * b.dot(penalty * b); }

  /// First derivative, and minus the second without the penalty.
  void derivatives(const Eigen::VectorXd& b, Eigen::VectorXd& gradient, Eigen::MatrixXd& information) const {
    const Eigen::VectorXd eta = design * b;
    Eigen::VectorXd residual(eta.size()), variance(eta.size());
    for (Eigen::Index i = 0; i < eta.size(); ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double p = logistic(eta[i]);
      residual[i] = weights[k] * ((outcome[k] ? 1.0 : 0.0) - p);
      variance[i] = weights[k] * p * (1 - p);
    }
    gradient = design.transpose() * residual - penalty * b;
    information = design.transpose() * variance.asDiagonal() * design;
  }
};

}  // namespace

double logistic(double eta) {
  return eta >= 0 ? 1 / (1 + std::exp(-eta)) : std::exp(eta) / (1 + std::exp(eta));
}

double LogisticFit::linear_error(const Eigen::VectorXd& x) const {
  return std::sqrt(std::fmax(0.0, x.dot(covariance * x)));
}

LogisticFit fit_logistic(const Eigen::MatrixXd& design, const std::vector<bool>& outcome,
                         std::span<const double> weights, const Eigen::MatrixXd& penalty) {
  const auto cases = static_cast<std::size_t>(design.rows());
  require(cases > 0 && outcome.size() == cases && weights.size() == cases, "fit_logistic: one outcome a row");
  require(penalty.rows() == design.cols() && penalty.cols() == design.cols(),
          "fit_logistic: size of the penalty");
  const Problem problem{design, outcome, weights, penalty};
  LogisticFit fit;
  fit.coefficients = Eigen::VectorXd::Zero(design.cols());
  double best = problem.objective(fit.coefficients);
  Eigen::VectorXd gradient;
  Eigen::MatrixXd information;
  for (int step = 0; step < most_steps && !fit.converged; ++step) {
    problem.derivatives(fit.coefficients, gradient, information);
    Eigen::VectorXd move = (information + penalty).completeOrthogonalDecomposition().solve(gradient);
    double value = 0;
    for (int half = 0; half < most_halvings; ++half, move *= 0.5) {
      value = problem.objective(fit.coefficients + move);
      if (value >= best) break;
    }
    if (!(value >= best)) break;  // no way up: at the top, to rounding
    fit.converged = value - best <= smallest_gain * (1 + std::abs(best));
    fit.coefficients += move;
    best = value;
  }
  problem.derivatives(fit.coefficients, gradient, information);
  const Eigen::MatrixXd inverse = (information + penalty).completeOrthogonalDecomposition().pseudoInverse();
  const Eigen::VectorXd eta = design * fit.coefficients;
  Eigen::VectorXd scatter(eta.size());
  for (Eigen::Index i = 0; i < eta.size(); ++i) {
    const double w = weights[static_cast<std::size_t>(i)], p = logistic(eta[i]);
    scatter[i] = w * w * p * (1 - p);
  }
  const Eigen::MatrixXd middle = design.transpose() * scatter.asDiagonal() * design + penalty;
  fit.covariance = inverse * middle * inverse;
  fit.effective_parameters = (inverse * information).trace();
  fit.log_likelihood = problem.log_likelihood(fit.coefficients);
  return fit;
}

}  // namespace arcproof::inference

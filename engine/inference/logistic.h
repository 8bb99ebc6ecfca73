// Penalised logistic regression.
//
//   maximises  sum_i w_i [ y_i eta_i - log(1 + exp(eta_i)) ] - 1/2 b' P b,   eta = X b
//
// by Newton steps with halving (iteratively reweighted least squares; McCullagh & Nelder 1989). The objective is
// concave, so there is one maximum; P must make it finite where the data do not (classes that a plane separates).
// The covariance is that of weighted data, H^-1 (sum_i w_i^2 p_i (1 - p_i) x_i x_i' + P) H^-1, which is the Laplace
// approximation where all weights are 1.
#pragma once

#include <span>
#include <vector>

#include <Eigen/Core>

namespace arcproof::inference {

struct LogisticFit {
  Eigen::VectorXd coefficients;
  Eigen::MatrixXd covariance;
  double log_likelihood = 0;        ///< weighted, without the penalty
  double effective_parameters = 0;  ///< trace of H^-1 X' W X
  bool converged = false;           ///< a step improved the objective by less than 1e-9 of itself

  double linear(const Eigen::VectorXd& x) const { return coefficients.dot(x); }
  double linear_error(const Eigen::VectorXd& x) const;  ///< 1 sigma
};

/// `design`: a row a case, intercept included; `outcome`: true or false of each; `weights` >= 0, not all 0;
/// `penalty`: symmetric, positive semi-definite. ContractError where sizes do not agree.
LogisticFit fit_logistic(const Eigen::MatrixXd& design, const std::vector<bool>& outcome,
                         std::span<const double> weights, const Eigen::MatrixXd& penalty);

/// 1 / (1 + exp(-eta)), without overflow.
double logistic(double eta);

}  // namespace arcproof::inference

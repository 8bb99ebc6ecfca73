// How often clumps like each injection occur in the population that the catalogue itself implies.
//
//   w_k = b_k exp(a_0 + a . B(theta_k))         over recovered injections k
//   b_k   reference law over the density with which k was drawn, times the weight of its place
//   B     standardised: log M, its square and a hinge at its middle; log R, log age, E(B-V) and their squares
//
//   maximises  sum_i p_i log( n sum_k W_ik w_k ) - sum_k w_k - lambda/2 |a|^2
//
// i: rows of the catalogue, p_i the probability that row i is a clump, W_ik how much injection k resembles it (sum 1
// over k), n the number of recovered injections. An inhomogeneous Poisson likelihood of the rows, whose rate is that
// of the recovered injections, reweighted. Steps: each maximises a bound from below (the second term and the
// penalty are concave, the first is replaced by its expectation), with halving, until the objective gains less than
// 1e-7 of itself.
#pragma once

#include "engine/inference/regression_forest.h"

#include <span>
#include <vector>

#include <Eigen/Core>

namespace arcproof::validation {

/// B of each recovered injection, standardised over the base weights [n x 9]. `axes`: a column each of log M, log R,
/// log age, E(B-V) [n x 4], true values; NaN counts as the mean.
Eigen::MatrixXd population_terms(const Eigen::MatrixXd& axes, std::span<const double> base);

struct PopulationWeights {
  std::vector<double> weights;   ///< w_k
  Eigen::VectorXd coefficients;  ///< a_0, then a
  double lambda = 0;
  double median_ess = 0;  ///< over rows: 1 / sum_k P_ik^2, P_ik ~ W_ik w_k
  int steps = 0;
};

/// `resemblance`: of each row. Where the median effective number of injections a row is below `least_ess`, lambda is
/// doubled until it is not, at most ten times.
PopulationWeights population_weights(const std::vector<std::vector<inference::Resemblance>>& resemblance,
                                     std::span<const double> p, std::span<const double> base,
                                     const Eigen::MatrixXd& terms, double lambda, double least_ess);

}  // namespace arcproof::validation

#include "validation/correction/clump_classifier.h"

#include <algorithm>
#include <cmath>

namespace arcproof::validation {
namespace {

constexpr Eigen::Index fewest_of_a_class = 5;
constexpr double ridge_lambda = 1, prior_a = 3, prior_b = 3, farthest = 4;

double effective_rows(const std::vector<double>& weights) {
  double sum = 0, squares = 0;
  for (const double one : weights) {
    sum += one;
    squares += one * one;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

}  // namespace

ClumpClassifier::ClumpClassifier(const Eigen::MatrixXd& clumps, const std::vector<double>& clump_weights,
                                 const Eigen::MatrixXd& others, const std::vector<double>& other_weights)
    : trained_(clumps.rows() >= fewest_of_a_class && others.rows() >= fewest_of_a_class) {
  if (!trained_) return;
  const Eigen::Index features = clumps.cols(), rows = clumps.rows() + others.rows();
  Eigen::MatrixXd all(rows, features);
  all << clumps, others;
  centre_ = Eigen::VectorXd::Zero(features);
  scale_ = Eigen::VectorXd::Ones(features);
  for (Eigen::Index f = 0; f < features; ++f) {
    double n = 0, sum = 0, square = 0;
    for (Eigen::Index i = 0; i < rows; ++i)
      if (const double x = all(i, f); std::isfinite(x)) {
        ++n;
        sum += x;
        square += x * x;
      }
    if (n < 1) continue;
    centre_[f] = sum / n;
    const double variance = square / n - centre_[f] * centre_[f];
    if (variance > 1e-12) scale_[f] = std::sqrt(variance);
  }
  const Eigen::Index columns = 1 + 2 * features;
  Eigen::MatrixXd matrix(rows, columns), penalty = ridge_lambda * Eigen::MatrixXd::Identity(columns, columns);
  penalty(0, 0) = 1e-9;
  for (Eigen::Index i = 0; i < rows; ++i) matrix.row(i) = design(all.row(i));
  // Each class weighs as much as the smaller one has evidence: (sum w)^2 / sum w^2 rows.
  const double evidence = std::min(effective_rows(clump_weights), effective_rows(other_weights));
  std::vector<double> w;
  std::vector<bool> is_clump;
  for (const auto* of_class : {&clump_weights, &other_weights}) {
    double sum = 0;
    for (const double one : *of_class) sum += one;
    for (const double one : *of_class) {
      w.push_back(one * evidence / sum);
      is_clump.push_back(of_class == &clump_weights);
    }
  }
  fit_ = inference::fit_logistic(matrix, is_clump, w, penalty);
}

Eigen::VectorXd ClumpClassifier::design(const Eigen::VectorXd& features) const {
  const Eigen::Index n = features.size();
  Eigen::VectorXd x(1 + 2 * n);
  x[0] = 1;
  for (Eigen::Index f = 0; f < n; ++f) {
    const double z = std::isfinite(features[f])
                         ? std::clamp((features[f] - centre_[f]) / scale_[f], -farthest, farthest)
                         : 0.0;
    x[1 + f] = z;
    x[1 + n + f] = z * z - 1;
  }
  return x;
}

std::vector<double> ClumpClassifier::log_odds(const Eigen::MatrixXd& features) const {
  std::vector<double> odds;
  for (Eigen::Index i = 0; i < features.rows(); ++i)
    odds.push_back(trained_ ? fit_.linear(design(features.row(i))) : 0.0);
  return odds;
}

double clump_probability(double log_odds, double share) {
  return inference::logistic(log_odds + std::log(share / (1 - share)));
}

double share_of_clumps(const std::vector<double>& log_odds) {
  double share = 0.5;
  const double n = static_cast<double>(log_odds.size());
  for (int step = 0; step < 1000; ++step) {
    double sum = 0;
    for (const double one : log_odds) sum += clump_probability(one, share);
    const double next = (sum + prior_a - 1) / (n + prior_a + prior_b - 2);
    const bool done = std::abs(next - share) < 1e-10;
    share = next;
    if (done) break;
  }
  return share;
}

}  // namespace arcproof::validation

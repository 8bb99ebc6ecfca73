// The probability that a selected object is a clump, and not a blend, an artefact, or something in front or behind.
//
//   r(x)   odds of a ridge logistic on standardised features and their squares (lambda = 1), classes 50:50
//   class 1   injections that were recovered, as they were measured
//   class 0   selected objects that are not clumps: injections measured with a wrong flux, objects outside the host,
//             objects of the negative image
//   p_i = pi r_i / (pi r_i + 1 - pi),   pi: share of clumps among the catalogue's own selected rows, by EM with the
//             prior Beta(3, 3)
//
// The catalogue's rows say nothing but pi. "Confused" injections are real clumps of the host: no class.
#pragma once

#include "engine/inference/logistic.h"

#include <vector>

#include <Eigen/Core>

namespace arcproof::validation {

class ClumpClassifier {
 public:
  /// Features of the two classes, a row an object; NaN counts as the mean. With fewer than 5 of a class there is no
  /// classifier: all odds are 1. `clump_weights` and `other_weights` of their rows, of any sum.
  ClumpClassifier(const Eigen::MatrixXd& clumps, const std::vector<double>& clump_weights,
                  const Eigen::MatrixXd& others, const std::vector<double>& other_weights);

  bool is_trained() const { return trained_; }
  /// log r of each row.
  std::vector<double> log_odds(const Eigen::MatrixXd& features) const;

 private:
  Eigen::VectorXd design(const Eigen::VectorXd& features) const;
  bool trained_ = false;
  Eigen::VectorXd centre_, scale_;
  inference::LogisticFit fit_;
};

/// pi, by EM over rows with these log odds. 0.5 without rows.
double share_of_clumps(const std::vector<double>& log_odds);
/// p_i of a row.
double clump_probability(double log_odds, double share);

}  // namespace arcproof::validation

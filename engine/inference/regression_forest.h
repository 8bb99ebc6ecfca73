// A regression forest that says which training rows resemble a new one.
//
// Trees grow on bootstrap samples of the training rows; each split takes the threshold, on one of a random share of
// the features, that lowers the summed variance of the targets most (each target in units of its own standard
// deviation). The weight of training row k for a new row is its share of the new row's leaf, averaged over trees
// (Meinshausen 2006, J. Mach. Learn. Res. 7, 983): weights of a conditional distribution, which sum to 1.
//
// Features are cut at most at 64 quantiles. A feature that is not finite stands at its median. Trees draw from
// streams of their own: the same forest with any number of threads.
#pragma once

#include "engine/core/random.h"

#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Core>

namespace arcproof::inference {

struct ForestOptions {
  int trees = 150;
  int leaf = 8;                ///< rows that a leaf holds at least
  double feature_share = 0.4;  ///< of the features tried at each split
  std::uint64_t seed = 1;
};

struct Resemblance {
  std::size_t row;  ///< of the training rows
  double weight;
};

class RegressionForest {
 public:
  /// A row a case. Targets must be finite; a target without scatter decides nothing. ContractError for no rows.
  RegressionForest(const Eigen::MatrixXd& features, const Eigen::MatrixXd& targets,
                   const ForestOptions& options, int threads = 1);

  /// Training rows with a weight above 0, by their number. Weights sum to 1.
  std::vector<Resemblance> like(std::span<const double> features) const;

 private:
  struct Node {
    int feature = -1;  ///< -1: a leaf
    double threshold = 0;
    std::uint32_t left = 0, right = 0;  ///< nodes; for a leaf: its rows [left, right) in Tree::rows
  };
  struct Tree {
    std::vector<Node> nodes;
    std::vector<std::uint32_t> rows;
  };
  struct Training;
  class Grower;

  std::vector<double> medians_;
  std::vector<Tree> trees_;
  std::size_t rows_ = 0;
};

}  // namespace arcproof::inference

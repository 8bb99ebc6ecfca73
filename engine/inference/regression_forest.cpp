#include "engine/inference/regression_forest.h"

#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "engine/core/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace arcproof::inference {
namespace {

constexpr std::size_t most_bins = 64;

}  // namespace

struct RegressionForest::Training {
  std::size_t rows = 0, features = 0, targets = 0;
  std::vector<unsigned char> bin;  // [feature * rows + row]
  std::vector<std::vector<double>>
      thresholds;              // of each feature, ascending: bin b holds what is <= thresholds[b]
  std::vector<double> target;  // [row * targets + t], standardised
};

class RegressionForest::Grower {
 public:
  Grower(const Training& training, const ForestOptions& options, int number)
      : t_(training), o_(options), random_({options.seed, "forest", number}) {
    tree_.rows.resize(t_.rows);
    for (std::uint32_t& row : tree_.rows) row = static_cast<std::uint32_t>(random_.index(t_.rows));
    std::sort(tree_.rows.begin(), tree_.rows.end());
    order_.resize(t_.features);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    grow(0, static_cast<std::uint32_t>(t_.rows));
  }
  Tree tree() { return std::move(tree_); }

 private:
  struct Split {
    double gain = 0;
    std::size_t feature = 0, bin = 0;
  };

  std::uint32_t grow(std::uint32_t first, std::uint32_t last) {
    const auto number = static_cast<std::uint32_t>(tree_.nodes.size());
    tree_.nodes.push_back({-1, 0, first, last});
    if (last - first < 2 * static_cast<std::uint32_t>(o_.leaf)) return number;
    const Split split = best(first, last);
    if (!(split.gain > 0)) return number;
    const unsigned char* const bin = &t_.bin[split.feature * t_.rows];
    const auto middle = std::stable_partition(tree_.rows.begin() + first, tree_.rows.begin() + last,
                                              [&](std::uint32_t row) { return bin[row] <= split.bin; });
    const auto cut = static_cast<std::uint32_t>(middle - tree_.rows.begin());
    const std::uint32_t left = grow(first, cut), right = grow(cut, last);
    tree_.nodes[number] = {static_cast<int>(split.feature), t_.thresholds[split.feature][split.bin], left,
                           right};
    return number;
  }

  Split best(std::uint32_t first, std::uint32_t last) {
    const auto tried = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::lround(o_.feature_share * static_cast<double>(t_.features))));
    Split result;
    for (std::size_t f = 0; f < tried; ++f) {
      std::swap(order_[f], order_[f + random_.index(t_.features - f)]);
      look_at(order_[f], first, last, result);
    }
    return result;
  }

  // The gain of a split is sum_t (S_left^2 / n_left + S_right^2 / n_right) - S^2 / n.
  void look_at(std::size_t feature, std::uint32_t first, std::uint32_t last, Split& result) {
    const std::size_t bins = t_.thresholds[feature].size() + 1;
    if (bins < 2) return;
    counts_.assign(bins, 0);
    sums_.assign(bins * t_.targets, 0);
    total_.assign(t_.targets, 0);
    const unsigned char* const bin = &t_.bin[feature * t_.rows];
    for (std::uint32_t i = first; i < last; ++i) {
      const std::uint32_t row = tree_.rows[i];
      ++counts_[bin[row]];
      for (std::size_t k = 0; k < t_.targets; ++k) {
        const double value = t_.target[row * t_.targets + k];
        sums_[bin[row] * t_.targets + k] += value;
        total_[k] += value;
      }
    }
    const double n = last - first;
    double whole = 0;
    for (const double sum : total_) whole += sum * sum / n;
    left_.assign(t_.targets, 0);
    double n_left = 0;
    for (std::size_t b = 0; b + 1 < bins; ++b) {
      n_left += counts_[b];
      for (std::size_t k = 0; k < t_.targets; ++k) left_[k] += sums_[b * t_.targets + k];
      if (!counts_[b] || n_left < o_.leaf) continue;
      if (n - n_left < o_.leaf) break;
      double parts = 0;
      for (std::size_t k = 0; k < t_.targets; ++k) {
        const double right = total_[k] - left_[k];
        parts += left_[k] * left_[k] / n_left + right * right / (n - n_left);
      }
      constexpr double rounding = 1e-9;
      if (parts - whole > result.gain + rounding * n) result = {parts - whole, feature, b};
    }
  }

  const Training& t_;
  const ForestOptions& o_;
  Random random_;
  Tree tree_;
  std::vector<std::size_t> order_;
  std::vector<int> counts_;
  std::vector<double> sums_, total_, left_;
};

RegressionForest::RegressionForest(const Eigen::MatrixXd& features, const Eigen::MatrixXd& targets,
                                   const ForestOptions& options, int threads)
    : rows_(static_cast<std::size_t>(features.rows())) {
  require(rows_ > 0 && targets.rows() == features.rows(), "RegressionForest: a target for each row");
  require(options.trees > 0 && options.leaf > 0, "RegressionForest: trees and leaf above 0");
  Training t;
  t.rows = rows_;
  t.features = static_cast<std::size_t>(features.cols());
  t.targets = static_cast<std::size_t>(targets.cols());
  t.bin.resize(t.features * t.rows);
  t.thresholds.resize(t.features);
  for (std::size_t f = 0; f < t.features; ++f) {
    std::vector<double> values, sorted;
    for (Eigen::Index i = 0; i < features.rows(); ++i) {
      values.push_back(features(i, static_cast<Eigen::Index>(f)));
      if (std::isfinite(values.back())) sorted.push_back(values.back());
    }
    medians_.push_back(sorted.empty() ? 0.0 : statistics::median(sorted));
    for (double& value : values)
      if (!std::isfinite(value)) value = medians_.back();
    sorted = values;
    std::sort(sorted.begin(), sorted.end());
    std::vector<double>& cuts = t.thresholds[f];
    for (std::size_t b = 1; b < most_bins; ++b) {
      const std::size_t at = b * sorted.size() / most_bins;
      if (at == 0 || sorted[at - 1] == sorted[at]) continue;
      const double cut = 0.5 * (sorted[at - 1] + sorted[at]);
      if (cuts.empty() || cut > cuts.back()) cuts.push_back(cut);
    }
    if (cuts.empty() && sorted.front() < sorted.back()) {  // a flag that is rarely set
      const auto above = std::upper_bound(sorted.begin(), sorted.end(), sorted[sorted.size() / 2]);
      cuts.push_back(above != sorted.end() ? 0.5 * (*(above - 1) + *above)
                                           : 0.5 * (sorted.front() + sorted.back()));
    }
    for (std::size_t i = 0; i < t.rows; ++i)
      t.bin[f * t.rows + i] =
          static_cast<unsigned char>(std::lower_bound(cuts.begin(), cuts.end(), values[i]) - cuts.begin());
  }
  t.target.resize(t.rows * t.targets);
  for (std::size_t k = 0; k < t.targets; ++k) {
    const auto column = targets.col(static_cast<Eigen::Index>(k));
    const double mean = column.mean(), variance = (column.array() - mean).square().mean();
    for (std::size_t i = 0; i < t.rows; ++i) {
      const double value = column[static_cast<Eigen::Index>(i)];
      require(std::isfinite(value), "RegressionForest: targets are finite");
      t.target[i * t.targets + k] = variance > 0 ? (value - mean) / std::sqrt(variance) : 0.0;
    }
  }
  trees_.resize(static_cast<std::size_t>(options.trees));
  parallel_for(trees_.size(), threads,
               [&](std::size_t i) { trees_[i] = Grower(t, options, static_cast<int>(i)).tree(); });
}

std::vector<Resemblance> RegressionForest::like(std::span<const double> features) const {
  require(features.size() == medians_.size(), "RegressionForest: as many features as trained on");
  std::vector<double> x(features.begin(), features.end());
  for (std::size_t f = 0; f < x.size(); ++f)
    if (!std::isfinite(x[f])) x[f] = medians_[f];
  std::vector<Resemblance> all;
  for (const Tree& tree : trees_) {
    const Node* node = &tree.nodes.front();
    while (node->feature >= 0)
      node = &tree.nodes[x[static_cast<std::size_t>(node->feature)] <= node->threshold ? node->left
                                                                                       : node->right];
    const double share = 1.0 / (static_cast<double>(trees_.size()) * (node->right - node->left));
    for (std::uint32_t i = node->left; i < node->right; ++i) all.push_back({tree.rows[i], share});
  }
  std::sort(all.begin(), all.end(), [](const Resemblance& a, const Resemblance& b) { return a.row < b.row; });
  std::vector<Resemblance> merged;
  for (const Resemblance& one : all) {
    if (!merged.empty() && merged.back().row == one.row) merged.back().weight += one.weight;
    else merged.push_back(one);
  }
  return merged;
}

}  // namespace arcproof::inference

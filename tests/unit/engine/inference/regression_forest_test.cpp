#include "engine/inference/regression_forest.h"

#include "engine/core/error.h"
#include "engine/core/random.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::inference {
namespace {

struct Sample {
  Eigen::MatrixXd features, targets;
};

// y = f(x0) + noise; x1 says nothing.
template <class Function>
Sample sample(int rows, double noise, Function f) {
  Random random({21, "forest sample"});
  Sample s{Eigen::MatrixXd(rows, 2), Eigen::MatrixXd(rows, 1)};
  for (int i = 0; i < rows; ++i) {
    s.features.row(i) << random.uniform(), random.uniform();
    s.targets(i, 0) = f(s.features(i, 0)) + noise * random.normal();
  }
  return s;
}

double mean_of(const Sample& s, const std::vector<Resemblance>& like) {
  double sum = 0;
  for (const auto& [row, weight] : like) sum += weight * s.targets(static_cast<Eigen::Index>(row), 0);
  return sum;
}

TEST(RegressionForest, WeightsSumToOneAndRowsAscend) {
  const Sample s = sample(300, 0.1, [](double x) { return x; });
  const RegressionForest forest(s.features, s.targets, {});
  const auto like = forest.like(std::vector<double>{0.3, 0.7});
  double sum = 0;
  for (std::size_t i = 0; i < like.size(); ++i) {
    sum += like[i].weight;
    EXPECT_GT(like[i].weight, 0);
    EXPECT_TRUE(i == 0 || like[i].row > like[i - 1].row);
  }
  EXPECT_NEAR(sum, 1, 1e-12);
}

// A step: rows of the other side have next to no weight, whatever the feature that says nothing.
TEST(RegressionForest, FindsAStep) {
  const Sample s = sample(400, 0.01, [](double x) { return x > 0.5 ? 1.0 : 0.0; });
  const RegressionForest forest(s.features, s.targets, {.feature_share = 1});
  for (const double other : {0.1, 0.9})
    for (const double x : {0.2, 0.8}) {
      double wrong = 0;
      for (const auto& [row, weight] : forest.like(std::vector<double>{x, other}))
        if ((s.features(static_cast<Eigen::Index>(row), 0) > 0.5) != (x > 0.5)) wrong += weight;
      EXPECT_LT(wrong, 0.01) << x << ' ' << other;
    }
}

// 2000 rows with noise 0.2 about a sine: the mean of what resembles is the sine, to 0.1 everywhere.
TEST(RegressionForest, WeightsGiveTheConditionalMean) {
  const auto f = [](double x) { return std::sin(6 * x); };
  const Sample s = sample(2000, 0.2, f);
  const RegressionForest forest(s.features, s.targets, {.feature_share = 1});
  for (double x = 0.05; x < 1; x += 0.1)
    EXPECT_NEAR(mean_of(s, forest.like(std::vector<double>{x, 0.5})), f(x), 0.1) << x;
}

// Two targets, of which each knows one feature: weights follow both.
TEST(RegressionForest, AllTargetsDecide) {
  Random random({22, "targets"});
  Eigen::MatrixXd features(1000, 2), targets(1000, 2);
  for (int i = 0; i < 1000; ++i) {
    features.row(i) << random.uniform(), random.uniform();
    targets.row(i) << 1000 * features(i, 0), features(i, 1);  // units do not matter
  }
  const RegressionForest forest(features, targets, {.feature_share = 1});
  double spread0 = 0, spread1 = 0;
  for (const auto& [row, weight] : forest.like(std::vector<double>{0.5, 0.5})) {
    spread0 += weight * std::pow(features(static_cast<Eigen::Index>(row), 0) - 0.5, 2);
    spread1 += weight * std::pow(features(static_cast<Eigen::Index>(row), 1) - 0.5, 2);
  }
  EXPECT_LT(std::sqrt(spread0), 0.12);
  EXPECT_LT(std::sqrt(spread1), 0.12);
}

TEST(RegressionForest, SameWithAnyNumberOfThreads) {
  const Sample s = sample(200, 0.1, [](double x) { return x; });
  const std::vector<double> at = {0.4, 0.4};
  const auto one = RegressionForest(s.features, s.targets, {}, 1).like(at),
             two = RegressionForest(s.features, s.targets, {}, 2).like(at);
  ASSERT_EQ(one.size(), two.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].row, two[i].row);
    EXPECT_EQ(one[i].weight, two[i].weight);
  }
}

TEST(RegressionForest, MissingFeaturesStandAtTheMedian) {
  Sample s = sample(200, 0.1, [](double x) { return x; });
  const RegressionForest forest(s.features, s.targets, {});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NEAR(mean_of(s, forest.like(std::vector<double>{nan, 0.5})), 0.5, 0.1);
  s.features(3, 0) = nan;
  EXPECT_NO_THROW(RegressionForest(s.features, s.targets, {}));
  s.targets(3, 0) = nan;
  EXPECT_THROW(RegressionForest(s.features, s.targets, {}), ContractError);
  EXPECT_THROW(RegressionForest(Eigen::MatrixXd(0, 2), Eigen::MatrixXd(0, 1), {}), ContractError);
}

// A flag that 2% of the rows carry still splits.
TEST(RegressionForest, RareFlagsAreSeen) {
  Eigen::MatrixXd features(1000, 1), targets(1000, 1);
  for (int i = 0; i < 1000; ++i) features(i, 0) = targets(i, 0) = i < 20 ? 1 : 0;
  const RegressionForest forest(features, targets, {.feature_share = 1});
  double sum = 0;
  for (const auto& [row, weight] : forest.like(std::vector<double>{1}))
    sum += weight * targets(static_cast<Eigen::Index>(row), 0);
  EXPECT_GT(sum, 0.9);
}

}  // namespace
}  // namespace arcproof::inference

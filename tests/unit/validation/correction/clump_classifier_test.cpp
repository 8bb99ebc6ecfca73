#include "validation/correction/clump_classifier.h"

#include "engine/core/random.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

// Two normal features; the second class lies 1.5 higher in the first.
Eigen::MatrixXd objects(int count, double shift, std::string_view purpose) {
  Random random({41, purpose});
  Eigen::MatrixXd x(count, 2);
  for (int i = 0; i < count; ++i) x.row(i) << shift + random.normal(), random.normal();
  return x;
}
std::vector<double> ones(int count) { return std::vector<double>(static_cast<std::size_t>(count), 1.0); }

ClumpClassifier trained() {
  return {objects(2000, 0, "clumps"), ones(2000), objects(400, 1.5, "others"), ones(400)};
}

// log of the ratio of densities: (1.5^2 - 2 1.5 x) / 2. Classes count alike, however many there are of each.
TEST(ClumpClassifier, OddsAreTheRatioOfDensities) {
  const ClumpClassifier classifier = trained();
  ASSERT_TRUE(classifier.is_trained());
  Eigen::MatrixXd at(3, 2);
  at << 0, 0, 0.75, 1, 1.5, -1;
  const std::vector<double> odds = classifier.log_odds(at);
  EXPECT_NEAR(odds[0], 1.125, 0.25);
  EXPECT_NEAR(odds[1], 0, 0.25);
  EXPECT_NEAR(odds[2], -1.125, 0.25);
}

// Of 1000 rows 70% are clumps (seed 41): the share comes out to 4% (2 sigma of the draw and of the training), and
// probabilities are those of the rows: in each third of them the mean is the share of clumps, to 4%.
TEST(ClumpClassifier, FindsTheShareOfClumps) {
  Eigen::MatrixXd rows(1000, 2);
  rows << objects(700, 0, "true rows"), objects(300, 1.5, "false rows");
  const std::vector<double> odds = trained().log_odds(rows);
  const double share = share_of_clumps(odds);
  EXPECT_NEAR(share, 0.7, 0.04);
  double low = 0, low_true = 0, high = 0, high_true = 0, n_low = 0, n_high = 0;
  for (std::size_t i = 0; i < 1000; ++i) {
    const double p = clump_probability(odds[i], share);
    const bool is_low = p < 0.7;
    (is_low ? low : high) += p;
    (is_low ? low_true : high_true) += i < 700;
    (is_low ? n_low : n_high) += 1;
  }
  EXPECT_NEAR(low / n_low, low_true / n_low, 0.06);
  EXPECT_NEAR(high / n_high, high_true / n_high, 0.04);
}

// Clumps that the population does not hold do not count: those at +1.5 have no weight.
TEST(ClumpClassifier, WeightsSayWhichClumpsThereAre) {
  Eigen::MatrixXd clumps(4000, 2);
  clumps << objects(2000, 0, "clumps"), objects(2000, 1.5, "rare");
  std::vector<double> weights(4000, 1.0);
  std::fill(weights.begin() + 2000, weights.end(), 0.0);
  const ClumpClassifier plain(clumps, ones(4000), objects(400, 1.5, "others"), ones(400)),
      weighted(clumps, weights, objects(400, 1.5, "others"), ones(400));
  const Eigen::MatrixXd at = Eigen::RowVector2d(1.5, 0);
  EXPECT_NEAR(plain.log_odds(at)[0], std::log(0.5 * (1 + std::exp(-1.125))), 0.3);
  EXPECT_NEAR(weighted.log_odds(at)[0], -1.125, 0.3);
}

TEST(ClumpClassifier, FewObjectsTrainNothing) {
  const ClumpClassifier classifier(objects(100, 0, "clumps"), ones(100), objects(4, 1.5, "others"), ones(4));
  EXPECT_FALSE(classifier.is_trained());
  EXPECT_EQ(classifier.log_odds(objects(1, 0, "row"))[0], 0);
  EXPECT_DOUBLE_EQ(share_of_clumps({}), 0.5);
}

// Beta(3, 3): one sure clump moves the share from 1/2 to 3/5.
TEST(ClumpClassifier, PriorHoldsTheShareOfFewRows) {
  EXPECT_NEAR(share_of_clumps({50.0}), 3.0 / 5, 1e-6);
  EXPECT_NEAR(share_of_clumps({-50.0}), 2.0 / 5, 1e-6);
}

}  // namespace
}  // namespace arcproof::validation

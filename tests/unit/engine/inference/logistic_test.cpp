#include "engine/inference/logistic.h"

#include "engine/core/error.h"
#include "engine/core/random.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::inference {
namespace {

struct Data {
  Eigen::MatrixXd design;
  std::vector<bool> outcome;
  std::vector<double> weights;
};

// eta = b0 + b1 x, x normal.
Data draw(int cases, double b0, double b1, Random& random) {
  Data data{Eigen::MatrixXd(cases, 2), {}, std::vector<double>(static_cast<std::size_t>(cases), 1.0)};
  for (int i = 0; i < cases; ++i) {
    const double x = random.normal();
    data.design.row(i) << 1, x;
    data.outcome.push_back(random.uniform() < logistic(b0 + b1 * x));
  }
  return data;
}

TEST(Logistic, InterceptIsTheWeightedShare) {
  const Eigen::MatrixXd design = Eigen::MatrixXd::Ones(4, 1);
  const std::vector<double> weights = {1, 2, 3, 4};
  const LogisticFit fit =
      fit_logistic(design, {true, false, true, false}, weights, Eigen::MatrixXd::Zero(1, 1));
  EXPECT_TRUE(fit.converged);
  EXPECT_NEAR(logistic(fit.coefficients[0]), 0.4, 1e-8);
  EXPECT_NEAR(fit.effective_parameters, 1, 1e-9);
}

// The optimum is where the first derivative is 0: computed here case by case.
TEST(Logistic, DerivativeVanishesAtTheFit) {
  Random random({11, "logistic"});
  Data data = draw(300, -0.5, 1.2, random);
  for (double& w : data.weights) w = random.uniform(0, 3);
  Eigen::MatrixXd penalty(2, 2);
  penalty << 0, 0, 0, 5;
  const LogisticFit fit = fit_logistic(data.design, data.outcome, data.weights, penalty);
  double d0 = 0, d1 = -5 * fit.coefficients[1];
  for (int i = 0; i < 300; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const double x = data.design(i, 1),
                 p = 1 / (1 + std::exp(-fit.coefficients[0] - fit.coefficients[1] * x));
    d0 += data.weights[k] * (data.outcome[k] - p);
    d1 += data.weights[k] * (data.outcome[k] - p) * x;
  }
  EXPECT_NEAR(d0, 0, 1e-3);
  EXPECT_NEAR(d1, 0, 1e-3);
}

// 500 samples of 200 cases, seed 12: the scatter of the slope is the error that is stated, to 10% (3 sigma), with
// weights as without.
TEST(Logistic, ErrorsAreTheScatter) {
  for (const bool weighted : {false, true}) {
    Random random({12, weighted ? "weighted" : "plain"});
    double sum = 0, squares = 0, stated = 0;
    constexpr int samples = 500;
    for (int s = 0; s < samples; ++s) {
      Data data = draw(200, 0.3, 0.8, random);
      if (weighted)
        for (double& w : data.weights) w = random.uniform() < 0.2 ? 4 : 0.25;
      const LogisticFit fit =
          fit_logistic(data.design, data.outcome, data.weights, Eigen::MatrixXd::Zero(2, 2));
      sum += fit.coefficients[1];
      squares += fit.coefficients[1] * fit.coefficients[1];
      stated += fit.linear_error(Eigen::Vector2d(0, 1));
    }
    const double mean = sum / samples, scatter = std::sqrt(squares / samples - mean * mean);
    EXPECT_NEAR(stated / samples / scatter, 1, weighted ? 0.2 : 0.1) << weighted;
  }
}

TEST(Logistic, PenaltyHoldsClassesThatSeparate) {
  Eigen::MatrixXd design(4, 2);
  design << 1, -2, 1, -1, 1, 1, 1, 2;
  const std::vector<double> weights(4, 1.0);
  const LogisticFit fit =
      fit_logistic(design, {false, false, true, true}, weights, Eigen::MatrixXd::Identity(2, 2));
  EXPECT_TRUE(fit.converged);
  EXPECT_GT(fit.coefficients[1], 0.5);
  EXPECT_LT(fit.coefficients[1], 3);
  EXPECT_THROW(fit_logistic(design, {true}, weights, Eigen::MatrixXd::Identity(2, 2)), ContractError);
}

TEST(Logistic, DoesNotOverflow) {
  EXPECT_EQ(logistic(1e4), 1);
  EXPECT_EQ(logistic(-1e4), 0);
  EXPECT_DOUBLE_EQ(logistic(0), 0.5);
}

}  // namespace
}  // namespace arcproof::inference

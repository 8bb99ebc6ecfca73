#include "engine/inference/least_squares.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

const VectorXd unbounded;

VectorXd vector(std::initializer_list<double> values) {
  VectorXd result(static_cast<Eigen::Index>(values.size()));
  std::copy(values.begin(), values.end(), result.begin());
  return result;
}

// Residuals of the line a + b t at t = 0 .. 4, sigma 0.5.
const VectorXd observed = vector({1.1, 2.9, 5.2, 6.8, 9.1});
void line(const VectorXd& x, VectorXd& residual, MatrixXd* jacobian) {
  residual.resize(5);
  if (jacobian) jacobian->resize(5, 2);
  for (int t = 0; t < 5; ++t) {
    residual[t] = (x[0] + x[1] * t - observed[t]) / 0.5;
    if (jacobian) jacobian->row(t) << 2, 2 * t;
  }
}

void rosenbrock(const VectorXd& x, VectorXd& residual) {
  residual.resize(2);
  residual << 10 * (x[1] - x[0] * x[0]), 1 - x[0];
}

// Normal equations by hand: sums of t, t^2, y, t y are 10, 30, 25.1, 70.1.
TEST(LeastSquares, LineHasItsClosedForm) {
  const inference::LeastSquaresSummary fit =
      inference::minimise_least_squares(line, vector({30, -7}), unbounded, unbounded);
  EXPECT_EQ(fit.status, inference::FitStatus::converged);
  const double slope = (5 * 70.1 - 10 * 25.1) / 50, level = (25.1 - 10 * slope) / 5;
  EXPECT_NEAR(fit.x[0], level, 1e-8);
  EXPECT_NEAR(fit.x[1], slope, 1e-8);
  EXPECT_NEAR(fit.covariance(0, 0), 0.25 * 30 / 50, 1e-12);
  EXPECT_NEAR(fit.covariance(0, 1), 0.25 * -10 / 50, 1e-12);
  EXPECT_NEAR(fit.covariance(1, 1), 0.25 * 5 / 50, 1e-12);
  double chi2 = 0;
  for (int t = 0; t < 5; ++t) chi2 += std::pow((level + slope * t - observed[t]) / 0.5, 2);
  EXPECT_NEAR(fit.chi2, chi2, 1e-10);
}

TEST(LeastSquares, RosenbrockEndsAtOneOne) {
  for (const auto& start : {vector({-1.2, 1}), vector({4, -3}), vector({0, 0})}) {
    const auto fit = inference::minimise_least_squares(inference::with_numerical_jacobian(rosenbrock), start,
                                                       unbounded, unbounded);
    EXPECT_EQ(fit.status, inference::FitStatus::converged);
    EXPECT_NEAR(fit.x[0], 1, 1e-7);
    EXPECT_NEAR(fit.x[1], 1, 1e-7);
    EXPECT_LT(fit.chi2, 1e-14);
  }
}

// With the slope held at 1.5 the level is the mean of y - 1.5 t.
TEST(LeastSquares, MinimumOutsideTheBoxEndsOnItsEdge) {
  bool kept = true;
  const VectorXd lower = vector({-10, -10}), upper = vector({10, 1.5});
  const auto guarded = [&](const VectorXd& x, VectorXd& residual, MatrixXd* jacobian) {
    kept = kept && (x.array() >= lower.array()).all() && (x.array() <= upper.array()).all();
    line(x, residual, jacobian);
  };
  const inference::LeastSquaresSummary fit =
      inference::minimise_least_squares(guarded, vector({50, 50}), lower, upper);
  EXPECT_EQ(fit.status, inference::FitStatus::at_bound);
  EXPECT_EQ(fit.x[1], 1.5);
  EXPECT_NEAR(fit.x[0], (25.1 - 15) / 5, 1e-8);
  EXPECT_TRUE(kept);
}

TEST(LeastSquares, MinimumInsideTheBoxIsNotAtABound) {
  const auto fit = inference::minimise_least_squares(line, vector({0, 5}), vector({-5, -5}), vector({5, 5}));
  EXPECT_EQ(fit.status, inference::FitStatus::converged);
  EXPECT_NEAR(fit.x[1], (5 * 70.1 - 10 * 25.1) / 50, 1e-8);
}

TEST(LeastSquares, ParameterWithoutEffectIsSingular) {
  const auto blind = [](const VectorXd& x, VectorXd& residual) {
    residual.resize(3);
    residual << x[0] - 1, 2 * x[0] - 2, 3 * x[0] - 4;
  };
  const auto fit = inference::minimise_least_squares(inference::with_numerical_jacobian(blind),
                                                     vector({5, 2}), unbounded, unbounded);
  EXPECT_EQ(fit.status, inference::FitStatus::singular);
  EXPECT_NEAR(fit.x[0], 17.0 / 14, 1e-8);
  EXPECT_TRUE(fit.covariance.array().isNaN().all());
}

TEST(LeastSquares, RunningOutOfIterationsIsSaid) {
  const auto fit =
      inference::minimise_least_squares(inference::with_numerical_jacobian(rosenbrock), vector({-1.2, 1}),
                                        unbounded, unbounded, {.max_iterations = 3});
  EXPECT_EQ(fit.status, inference::FitStatus::max_iterations);
  EXPECT_EQ(fit.iterations, 3);
  EXPECT_LT(fit.chi2, 24.2);
}

TEST(LeastSquares, ResidualsThatAreNanNeverConverge) {
  const auto broken = [](const VectorXd&, VectorXd& residual, MatrixXd* jacobian) {
    residual = VectorXd::Constant(3, std::numeric_limits<double>::quiet_NaN());
    if (jacobian) *jacobian = MatrixXd::Identity(3, 2);
  };
  const auto fit = inference::minimise_least_squares(broken, vector({1, 1}), unbounded, unbounded);
  EXPECT_NE(fit.status, inference::FitStatus::converged);
}

TEST(LeastSquares, NumericalJacobianEqualsTheAnalyticOne) {
  const VectorXd at = vector({-1.3, 700});
  VectorXd residual;
  MatrixXd jacobian;
  inference::with_numerical_jacobian(rosenbrock)(at, residual, &jacobian);
  ASSERT_EQ(jacobian.rows(), 2);
  EXPECT_NEAR(jacobian(0, 0), -20 * at[0], 1e-4);
  EXPECT_NEAR(jacobian(0, 1), 10, 1e-6);
  EXPECT_NEAR(jacobian(1, 0), -1, 1e-8);
  EXPECT_EQ(jacobian(1, 1), 0);
  EXPECT_EQ(residual[1], 1 - at[0]);
}

TEST(LeastSquares, NoParameterIsRefused) {
  EXPECT_THROW(inference::minimise_least_squares(line, VectorXd(), unbounded, unbounded), ContractError);
}

}  // namespace
}  // namespace arcproof

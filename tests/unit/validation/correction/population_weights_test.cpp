#include "validation/correction/population_weights.h"

#include "engine/core/error.h"
#include "engine/core/random.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

using Rows = std::vector<std::vector<inference::Resemblance>>;

// 1500 injections, log mass uniform over 5 to 9; rows from a law M^slope per dex with errors of 0.2 dex, which resemble
// injections by a kernel of that width.
struct Universe {
  Eigen::MatrixXd axes{1500, 4};
  std::vector<double> base = std::vector<double>(1500, 1.0);
  Rows rows;
  std::vector<double> p;

  Universe(int count, double slope, std::string_view purpose) {
    Random random({51, "injections"});
    std::vector<double> measured(1500);
    for (int k = 0; k < 1500; ++k) {
      axes.row(k) << random.uniform(5, 9), random.uniform(0, 2), random.uniform(6, 9), random.uniform();
      measured[static_cast<std::size_t>(k)] = axes(k, 0) + 0.2 * random.normal();
    }
    Random of_rows({52, purpose});
    while (static_cast<int>(rows.size()) < count) {
      const double mass = of_rows.uniform(5, 9);
      if (of_rows.uniform() > std::pow(10, slope * (slope > 0 ? mass - 9 : mass - 5))) continue;
      const double seen = mass + 0.2 * of_rows.normal();
      std::vector<inference::Resemblance> like;
      double sum = 0;
      for (std::size_t k = 0; k < 1500; ++k) {
        const double weight = std::exp(-0.5 * std::pow((measured[k] - seen) / 0.1, 2));
        if (weight < 1e-4) continue;
        like.push_back({k, weight});
        sum += weight;
      }
      for (auto& one : like) one.weight /= sum;
      rows.push_back(like);
      p.push_back(1);
    }
  }
  // Slope of the weighted injections in log mass: by their mean, for a law M^slope over 4 dex.
  double mean_mass(const PopulationWeights& w) const {
    double sum = 0, mean = 0;
    for (std::size_t k = 0; k < w.weights.size(); ++k) {
      sum += w.weights[k];
      mean += w.weights[k] * axes(static_cast<Eigen::Index>(k), 0);
    }
    return mean / sum;
  }
};

// Mean log mass above 5 of a law M^slope over 4 dex.
double expected_mean(double slope) {
  const double a = slope * std::log(10.0);
  return 5 + 4 * std::exp(4 * a) / (std::exp(4 * a) - 1) - 1 / a;
}

// 400 rows, error of the mean 0.03: the population comes out, whichever law they follow.
TEST(PopulationWeights, FindTheLawOfTheRows) {
  for (const double slope : {-0.6, 0.4}) {
    const Universe u(400, slope, slope < 0 ? "steep" : "rising");
    const PopulationWeights w =
        population_weights(u.rows, u.p, u.base, population_terms(u.axes, u.base), 1, 0);
    EXPECT_NEAR(u.mean_mass(w), expected_mean(slope), 0.12) << slope;
  }
}

// a_0 is not penalised: its derivative vanishes where the weights add up to the rows' probabilities.
TEST(PopulationWeights, AddUpToTheRows) {
  Universe u(100, -0.5, "sum");
  for (std::size_t i = 0; i < u.p.size(); ++i) u.p[i] = i % 2 ? 1 : 0.5;
  const PopulationWeights w =
      population_weights(u.rows, u.p, u.base, population_terms(u.axes, u.base), 10, 0);
  EXPECT_NEAR(std::accumulate(w.weights.begin(), w.weights.end(), 0.0), 75, 0.05);
}

TEST(PopulationWeights, StrongPenaltyKeepsTheReferenceLaw) {
  const Universe u(100, -0.6, "held");
  const PopulationWeights w =
      population_weights(u.rows, u.p, u.base, population_terms(u.axes, u.base), 1e8, 0);
  EXPECT_NEAR(u.mean_mass(w), u.axes.col(0).mean(), 1e-3);
  EXPECT_LT(w.coefficients.tail(w.coefficients.size() - 1).norm(), 1e-3);
}

// Too few effective injections a row raise the penalty, and the result says so.
TEST(PopulationWeights, RaisesThePenaltyForEffectiveInjections) {
  const Universe u(50, -1.5, "few");
  const Eigen::MatrixXd terms = population_terms(u.axes, u.base);
  const PopulationWeights free = population_weights(u.rows, u.p, u.base, terms, 1, 0),
                          held = population_weights(u.rows, u.p, u.base, terms, 1, free.median_ess * 1.02);
  EXPECT_EQ(free.lambda, 1);
  EXPECT_GT(held.lambda, 1);
  EXPECT_GE(held.median_ess, free.median_ess);
}

TEST(PopulationWeights, TermsAreStandardisedAndMissingValuesAreTheMean) {
  Universe u(1, -0.5, "terms");
  u.axes(3, 1) = std::nan("");
  const Eigen::MatrixXd terms = population_terms(u.axes, u.base);
  EXPECT_EQ(terms.cols(), 9);
  EXPECT_TRUE(terms.allFinite());
  EXPECT_EQ(terms(3, 2), 0);
  EXPECT_NEAR(terms.col(0).mean(), 0, 1e-9);
  EXPECT_NEAR(terms.col(0).squaredNorm() / 1500, 1, 1e-9);
  EXPECT_THROW(population_terms(u.axes, std::vector<double>(3, 1.0)), ContractError);
}

}  // namespace
}  // namespace arcproof::validation

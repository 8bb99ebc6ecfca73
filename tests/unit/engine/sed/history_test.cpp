#include "engine/core/error.h"
#include "engine/sed/synthesis.h"
#include "tests/unit/engine/sed/toy.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

double rate(const StarFormation& h, double s) {
  switch (h.form) {
    case HistoryForm::constant:
      return s < h.duration_myr ? 1 : 0;
    case HistoryForm::exponential:
      return std::exp(-s / h.tau_myr);
    case HistoryForm::delayed:
      return s * std::exp(-s / h.tau_myr);
  }
  return 0;
}

const std::vector<StarFormation> histories = {
    {0, HistoryForm::exponential, 1}, {0, HistoryForm::exponential, 10}, {0, HistoryForm::exponential, 300},
    {0, HistoryForm::delayed, 0.7},   {0, HistoryForm::delayed, 40},     {25}};

// Brute force: a sum of 400,000 bursts, each with the weights of a burst, at the middles of equal steps. Its
// own error is that of the middles: 1e-6 or less here.
TEST(History, IsASumOfBursts) {
  const std::vector<double> nodes = toy::log_grid(0.5, 5000, 41);
  const Library library = toy::library({1000, 2000}, nodes, {0.01}, [](double, double, double) { return 1; });
  constexpr int bursts = 400000;
  for (const StarFormation& history : histories) {
    for (const double age : {0.3, 3.0, 47.0, 900.0, 6000.0}) {
      std::vector<double> sum(nodes.size()), exact(nodes.size());
      double total = 0, by_age = 0, young = 0;
      // Steps where stars form: 40 tau hold them all.
      const double span = history.form == HistoryForm::constant ? std::min(age, history.duration_myr)
                                                                : std::min(age, 40 * history.tau_myr);
      for (int i = 0; i < bursts; ++i) {
        const double s = (i + 0.5) / bursts * span, mass = rate(history, s), old = age - s;
        total += mass;
        by_age += mass * old;
        young += old < 10 ? mass : 0;
        if (old <= nodes.front()) {
          sum.front() += mass;
        } else if (old >= nodes.back()) {
          sum.back() += mass;
        } else {
          const auto right =
              static_cast<std::size_t>(std::upper_bound(nodes.begin(), nodes.end(), old) - nodes.begin());
          const double part = std::log(old / nodes[right - 1]) / std::log(nodes[right] / nodes[right - 1]);
          sum[right] += part * mass;
          sum[right - 1] += (1 - part) * mass;
        }
      }
      for (const NodeWeight& node : node_weights(library, {age, 0.01, 0, history}))
        exact[node.age] += node.weight;
      for (std::size_t i = 0; i < nodes.size(); ++i)
        EXPECT_NEAR(exact[i], sum[i] / total, 3e-6) << age << " " << history.tau_myr << " " << i;
      EXPECT_NEAR(mass_weighted_age_myr(history, age), by_age / total, 1e-6 * age);
      EXPECT_NEAR(specific_rate_per_yr(history, age, 10), young / total / 1e7, 1e-12);
    }
  }
}

TEST(History, ShortOnesAreBurstsAndLongOnesConstant) {
  const Library library = toy::library({1000, 2000}, toy::log_grid(0.5, 5000, 41), {0.01},
                                       [](double, double, double) { return 1; });
  const auto mean_log_age = [&](const StarFormation& history, double age) {
    double sum = 0;
    for (const NodeWeight& n : node_weights(library, {age, 0.01, 0, history}))
      sum += n.weight * std::log(library.age_myr[n.age]);
    return sum;
  };
  EXPECT_NEAR(mean_log_age({0, HistoryForm::exponential, 1e-7}, 50), mean_log_age({0}, 50), 1e-8);
  EXPECT_NEAR(mean_log_age({0, HistoryForm::delayed, 1e-7}, 50), mean_log_age({0}, 50), 1e-8);
  EXPECT_NEAR(mean_log_age({0, HistoryForm::exponential, 1e9}, 50), mean_log_age({1e9}, 50), 1e-6);
}

// Series and closed forms meet where they are exchanged.
TEST(History, MassWeightedAgesAreSmooth) {
  for (const HistoryForm form : {HistoryForm::exponential, HistoryForm::delayed})
    for (const double x : {0.00999999, 0.01, 0.0499999, 0.05}) {
      const StarFormation h{0, form, 1};
      const double low = mass_weighted_age_myr(h, x * (1 - 1e-7)),
                   high = mass_weighted_age_myr(h, x * (1 + 1e-7));
      EXPECT_NEAR(high / low - 1, 2e-7, 1e-6) << x;
    }
}

TEST(History, NeedsATimescale) {
  const Library library =
      toy::library({1000, 2000}, {1, 10}, {0.01}, [](double, double, double) { return 1; });
  EXPECT_THROW(node_weights(library, {5, 0.01, 0, {0, HistoryForm::exponential, 0}}), ContractError);
  EXPECT_THROW(node_weights(library, {5, 0.01, 0, {-1}}), ContractError);
}

}  // namespace
}  // namespace arcproof::sed

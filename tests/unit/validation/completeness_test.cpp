#include "validation/completeness.h"

#include "engine/core/random.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

io::Table table_of(const io::Reals& mag, const io::Flags& recovered, io::Texts flag = {}) {
  if (flag.empty()) flag.assign(mag.size(), "injected");
  io::Table table("INJECTIONS");
  table.add("mag", "mag", "", mag);
  table.add("recovered", "", "", recovered);
  table.add("injection_flag", "", "", std::move(flag));
  return table;
}

TEST(CompletenessTable, CountsByHand) {
  const io::Table joined = table_of({25.0, 25.4, 25.9, 25.9, 26.0, 27.0, 27.5, 24.9, 25.5, std::nan("")},
                                    {true, true, true, false, true, false, true, true, true, true},
                                    {"injected", "injected", "injected", "injected", "injected", "injected",
                                     "injected", "injected", "no_image", "injected"});
  const io::Table table = completeness_table(joined, {{"mag", "mag", {25, 26, 27}}});
  EXPECT_EQ(table.texts("axis_1"), (io::Texts{"mag", "mag"}));
  EXPECT_EQ(table.reals("low_1"), (io::Reals{25, 26}));
  EXPECT_EQ(table.reals("high_1"), (io::Reals{26, 27}));
  EXPECT_EQ(table.integers("n_injected"), (io::Integers{4, 2}));  // 26 opens a bin, 27 closes the last
  EXPECT_EQ(table.integers("n_recovered"), (io::Integers{3, 1}));
  EXPECT_EQ(table.reals("completeness"), (io::Reals{0.75, 0.5}));
  // scipy 1.10.1, beta.ppf([(1 - 0.6827) / 2, (1 + 0.6827) / 2], 3.5, 1.5).
  EXPECT_NEAR(table.reals("completeness_low")[0], 0.498207331026, 1e-11);
  EXPECT_NEAR(table.reals("completeness_high")[0], 0.894344720051, 1e-11);
}

TEST(CompletenessTable, EmptyBinsAreKeptAndKnowNothing) {
  const io::Table table = completeness_table(table_of({25.5}, {true}), {{"mag", "mag", {25, 26, 27}}});
  EXPECT_EQ(table.integers("n_injected"), (io::Integers{1, 0}));
  EXPECT_TRUE(std::isnan(table.reals("completeness")[1]));
  EXPECT_EQ(table.reals("completeness_low")[1], 0);
  EXPECT_EQ(table.reals("completeness_high")[1], 1);
}

TEST(CompletenessTable, TwoAxesEqualCounting) {
  Random random({.seed = 3, .purpose = "completeness_test"});
  io::Reals mag, size;
  io::Flags recovered;
  for (int i = 0; i < 2000; ++i) {
    mag.push_back(random.uniform(23, 30));
    size.push_back(random.uniform(-0.2, 2.2));
    recovered.push_back(random.uniform() < 0.6);
  }
  io::Table joined = table_of(mag, recovered);
  joined.add("log_radius", "", "", size);
  const std::vector<double> mag_edges = {24, 25, 27, 28.5}, size_edges = {0, 0.5, 2};
  const io::Table table =
      completeness_table(joined, {{"mag", "mag", mag_edges}, {"log_radius", "", size_edges}});
  ASSERT_EQ(table.rows(), 6u);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    int n = 0, found = 0;
    for (std::size_t i = 0; i < mag.size(); ++i)
      if (mag[i] >= table.reals("low_1")[row] && mag[i] < table.reals("high_1")[row] &&
          size[i] >= table.reals("low_2")[row] && size[i] < table.reals("high_2")[row]) {
        ++n;
        found += recovered[i];
      }
    EXPECT_EQ(table.integers("n_injected")[row], n) << row;
    EXPECT_EQ(table.integers("n_recovered")[row], found) << row;
    EXPECT_EQ(table.reals("low_1")[row], mag_edges[row / 2]);
    EXPECT_EQ(table.reals("low_2")[row], size_edges[row % 2]);
  }
}

// 0.5% and 99.5% of 24.00, 24.01, ..., 27.99, 40 are 24.02 and 27.98.
TEST(AxisFromData, HoldsTheCentralValuesInWholeSteps) {
  io::Reals mag;
  for (int i = 0; i < 400; ++i) mag.push_back(24 + 0.01 * i);
  mag.push_back(40);
  mag.push_back(std::nan(""));
  const BinAxis axis = axis_from_data(table_of(mag, io::Flags(mag.size(), true)), "mag", "mag", 0.5);
  EXPECT_EQ(axis.column, "mag");
  ASSERT_EQ(axis.edges.size(), 9u);
  for (std::size_t k = 0; k < 9; ++k) EXPECT_EQ(axis.edges[k], 24 + 0.5 * static_cast<double>(k));
}

TEST(AxisFromData, HasABinEvenForOneValueOrNone) {
  EXPECT_EQ(axis_from_data(table_of({26}, {true}), "mag", "mag", 0.5).edges, (std::vector<double>{26, 26.5}));
  EXPECT_EQ(axis_from_data(table_of({26}, {true}, {"no_image"}), "mag", "mag", 0.5).edges,
            (std::vector<double>{0, 0.5}));
}

double logistic(double mag, double mag_50, double width, double plateau) {
  return plateau / (1 + std::exp((mag - mag_50) / width));
}

// 600 magnitudes from 24 to 30, found where the i-th multiple of the golden ratio, modulo 1, is below
// p(27.2, 0.35, 0.93).
io::Table golden_sample() {
  io::Reals mag;
  io::Flags found;
  for (int i = 0; i < 600; ++i) {
    mag.push_back(24 + 6 * (i + 0.5) / 600);
    found.push_back(std::fmod(i * 0.6180339887498949, 1) < logistic(mag.back(), 27.2, 0.35, 0.93));
  }
  return table_of(mag, found);
}

// scipy 1.10.1, minimize(-log likelihood, method="Nelder-Mead", options=dict(xatol=1e-10, fatol=1e-13)) on
// it.
TEST(FitLogistic, IsTheMaximumOfTheLikelihood) {
  const io::Table sample = golden_sample();
  const auto& found = sample.flags("recovered");
  ASSERT_EQ(std::count(found.begin(), found.end(), true), 296);
  const LogisticCompleteness fit = fit_logistic(sample, "mag");
  EXPECT_TRUE(fit.converged);
  EXPECT_NEAR(fit.mag_50, 27.19483159, 1e-4);
  EXPECT_NEAR(fit.width_mag, 0.33066057, 1e-4);
  EXPECT_NEAR(fit.plateau, 0.92651013, 1e-4);
}

// The 3 x 3 matrix of second derivatives there, inverted: the width and the plateau are not known either.
TEST(FitLogistic, ErrorKnowsThatWidthAndPlateauAreFitted) {
  EXPECT_NEAR(fit_logistic(golden_sample(), "mag").mag_50_error, 0.071519, 0.001);
}

// Half of the plateau beyond the faintest injection is a guess, not a measurement.
TEST(FitLogistic, DoesNotExtrapolate) {
  Random random({.seed = 5, .purpose = "completeness_test"});
  io::Reals mag;
  io::Flags found;
  for (int i = 0; i < 1000; ++i) {
    mag.push_back(random.uniform(25, 27));
    found.push_back(random.uniform() < logistic(mag.back(), 28, 0.6, 0.93));
  }
  EXPECT_TRUE(std::isnan(fit_logistic(table_of(mag, found), "mag").mag_50));
}

// 20,000 draws: the error of mag_50 is 0.071519 sqrt(600 / 20000) = 0.0124; 5 of these (6e-7).
TEST(FitLogistic, FindsWhatWasDrawn) {
  Random random({.seed = 4, .purpose = "completeness_test"});
  io::Reals mag;
  io::Flags found;
  for (int i = 0; i < 20000; ++i) {
    mag.push_back(random.uniform(24, 30));
    found.push_back(random.uniform() < logistic(mag.back(), 27.2, 0.35, 0.93));
  }
  EXPECT_NEAR(fit_logistic(table_of(mag, found), "mag").mag_50, 27.2, 5 * 0.0124);
}

TEST(FitLogistic, RowsThatWereNotInjectedDoNotCount) {
  const io::Table sample = golden_sample();
  io::Reals mag = sample.reals("mag");
  io::Flags found = sample.flags("recovered");
  io::Texts flag(mag.size(), "injected");
  for (int i = 0; i < 300; ++i) {
    mag.push_back(i % 2 ? 24 : std::nan(""));
    found.push_back(i % 2 == 0);
    flag.emplace_back(i % 2 ? "no_data" : "injected");
  }
  EXPECT_EQ(fit_logistic(table_of(mag, found, flag), "mag").mag_50, fit_logistic(sample, "mag").mag_50);
}

TEST(FitLogistic, SaysNothingWhenTheSampleDoes) {
  io::Reals mag(40);
  for (std::size_t i = 0; i < mag.size(); ++i) mag[i] = 25 + 0.1 * static_cast<double>(i);
  io::Flags four(40, false);
  for (int i = 0; i < 4; ++i) four[i] = true;
  for (const io::Flags& found : {io::Flags(40, true), io::Flags(40, false), four}) {
    const LogisticCompleteness fit = fit_logistic(table_of(mag, found), "mag");
    EXPECT_FALSE(fit.converged);
    EXPECT_TRUE(std::isnan(fit.mag_50));
  }
}

}  // namespace
}  // namespace arcproof::validation

#include "validation/bias.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

const double nan = std::nan("");

io::Table magnitudes(const io::Reals& mag) {
  io::Table table("INJECTIONS");
  table.add("mag", "mag", "", mag);
  return table;
}

// Offsets 0, 0.1, 0.2, 0.3, 10 and one that is not known; errors 0.1, one not known.
Quantity by_hand() {
  Quantity q{"log_radius_pc", "dex", {}, {}, {}, {}, {}};
  q.truth = {1, 2, 3, 4, 5, 6};
  q.measured = {1, 2.1, 3.2, 4.3, 15, nan};
  q.error = {0.1, 0.1, 0.1, nan, 0.1, 0.1};
  return q;
}

// Median 0.2; deviations 0.2, 0.1, 0, 0.1, 9.8 with median 0.1. Pulls 0, 1, 2, 100: median 1.5, deviations
// 1.5, 0.5, 0.5, 98.5 with median 1, mean 25.75.
TEST(BiasTable, StatisticsByHand) {
  const io::Table table = bias_table(magnitudes(io::Reals(6, 25)), {by_hand()}, {});
  ASSERT_EQ(table.rows(), 1u);
  EXPECT_EQ(table.texts("quantity")[0], "log_radius_pc");
  EXPECT_EQ(table.texts("axis")[0], "all");
  EXPECT_TRUE(std::isnan(table.reals("low")[0]));
  EXPECT_EQ(table.integers("n")[0], 5);
  EXPECT_NEAR(table.reals("bias")[0], 0.2, 1e-12);
  EXPECT_NEAR(table.reals("scatter")[0], 0.14826022, 1e-8);
  EXPECT_NEAR(table.reals("bias_err")[0], 1.2533 * 0.14826022 / std::sqrt(5.0), 1e-8);
  EXPECT_NEAR(table.reals("outlier_fraction")[0], 0.2, 1e-12);
  EXPECT_NEAR(table.reals("pull_median")[0], 1.5, 1e-12);
  EXPECT_NEAR(table.reals("pull_sigma")[0], 1.4826022, 1e-6);
  const double squares = 25.75 * 25.75 + 24.75 * 24.75 + 23.75 * 23.75 + 74.25 * 74.25;
  EXPECT_NEAR(table.reals("pull_sd")[0], std::sqrt(squares / 3), 1e-9);
}

TEST(BiasTable, FewerThanThreeSayNothing) {
  Quantity q = by_hand();
  q.measured[0] = q.measured[1] = q.measured[2] = nan;
  const io::Table table = bias_table(magnitudes(io::Reals(6, 25)), {q}, {});
  EXPECT_EQ(table.integers("n")[0], 2);
  for (const char* name : {"bias", "bias_err", "scatter", "outlier_fraction", "pull_median", "pull_sd"})
    EXPECT_TRUE(std::isnan(table.reals(name)[0])) << name;
}

TEST(BiasTable, BinsHoldTheirOwnRows) {
  Quantity q{"mag_f150w", "mag", {}, {}, {}, {}, {}};
  io::Reals mag;
  for (int i = 0; i < 12; ++i) {
    mag.push_back(24 + 0.25 * i);
    q.truth.push_back(mag.back());
    q.measured.push_back(mag.back() + (i < 4 ? 0.1 : 0.3));  // mag 25 opens the second bin
    q.error.push_back(1);
  }
  Quantity other = by_hand();
  for (io::Reals* values : {&other.truth, &other.measured, &other.error}) values->resize(12, nan);
  const io::Table table = bias_table(magnitudes(mag), {q, other}, {{"mag", "mag", {24, 25, 27}}});
  ASSERT_EQ(table.rows(), 6u);
  EXPECT_EQ(table.texts("axis"), (io::Texts{"all", "mag", "mag", "all", "mag", "mag"}));
  EXPECT_EQ(table.texts("quantity")[2], "mag_f150w");
  EXPECT_EQ(table.texts("quantity")[3], "log_radius_pc");
  EXPECT_EQ(table.reals("low")[1], 24);
  EXPECT_EQ(table.reals("high")[1], 25);
  EXPECT_EQ(table.integers("n")[1], 4);
  EXPECT_EQ(table.integers("n")[2], 8);
  EXPECT_NEAR(table.reals("bias")[1], 0.1, 1e-12);
  EXPECT_NEAR(table.reals("bias")[2], 0.3, 1e-12);
}

TEST(BiasTable, QuantitiesHaveAValueForEachRow) {
  EXPECT_THROW(bias_table(magnitudes(io::Reals(7, 25)), {by_hand()}, {}), std::invalid_argument);
}

// As the completeness table, whose last bin is closed: a value there is in the same bin of both.
TEST(BiasTable, LastBinIsClosedAsInTheCompletenessTable) {
  const io::Table table =
      bias_table(magnitudes({25, 25.2, 25.4, 25.6, 26, 26}), {by_hand()}, {{"mag", "mag", {25, 26}}});
  EXPECT_EQ(table.integers("n")[1], table.integers("n")[0]);
}

// Measured +- error: 1 +- 0.1 holds 1, 2.125 +- 0.125 ends at 2, 3.2 +- 0.1 and 15 +- 0.1 hold not 3 and 5.
TEST(CoverageTable, CountsByHand) {
  Quantity q{"mag_f150w", "mag", {}, {}, {}, {}, {}};
  q.truth = {1, 2, 3, 4, 5, nan};
  q.measured = {1, 2.125, 3.2, 4.3, 15, 6};
  q.error = {0.1, 0.125, 0.1, nan, 0.1, 0.1};
  Quantity lopsided = q;
  lopsided.name = "log_age_yr";
  lopsided.low = {0.9, 2.1, 2.0, nan, 4, 5};
  lopsided.high = {1.0, 2.2, 3.3, 5, 16, 7};
  const io::Table table = coverage_table({q, lopsided});
  EXPECT_EQ(table.texts("quantity"), (io::Texts{"mag_f150w", "log_age_yr"}));
  EXPECT_EQ(table.integers("n"), (io::Integers{4, 4}));
  EXPECT_EQ(table.integers("n_inside"), (io::Integers{2, 3}));
  EXPECT_EQ(table.reals("coverage"), (io::Reals{0.5, 0.75}));
  // scipy 1.10.1, beta.ppf([(1 - 0.6827) / 2, (1 + 0.6827) / 2], 3.5, 1.5).
  EXPECT_NEAR(table.reals("coverage_low")[1], 0.498207331026, 1e-11);
  EXPECT_NEAR(table.reals("coverage_high")[1], 0.894344720051, 1e-11);
}

TEST(CoverageTable, NothingMeasuredIsNoCoverage) {
  const io::Table table = coverage_table({{"mag", "", {1, 2}, {nan, nan}, {1, 1}, {}, {}}});
  EXPECT_EQ(table.integers("n")[0], 0);
  EXPECT_TRUE(std::isnan(table.reals("coverage")[0]));
  EXPECT_EQ(table.reals("coverage_high")[0], 1);
}

// Row 0 recovered and resolved, row 1 recovered with an upper limit on its size, row 2 lost.
io::Table joined() {
  io::Table table("INJECTIONS");
  table.add("recovered", "", "", io::Flags{true, true, false});
  table.add("measured_radius_is_upper_limit", "", "", io::Flags{false, true, false});
  const auto add = [&](const char* name, double first, double second) {
    table.add(name, "", "", io::Reals{first, second, 1});
  };
  add("mag", 26, 27);
  add("true_flux_f150w", 100, 50);
  add("measured_flux_f150w", 110, 40);
  add("measured_flux_f150w_err", 5, 4);
  add("measured_flux_f150w_err_analytic", 6, 6);
  add("measured_flux_f150w_err_correlated", 7, 7);
  add("measured_mag_f150w", 25.9, 27.2);
  add("true_radius_pc", 10, 10);
  add("measured_radius_pc", 20, 5);
  add("measured_radius_pc_err_minus", 10, 1);
  add("measured_radius_pc_err_plus", 20, 1);
  add("true_mu", 10, 10);
  add("measured_mu", 100, 10);
  add("measured_mu_err_minus", 10, 1);
  add("measured_mu_err_plus", 30, 1);
  add("measured_log_mass_mu_err", 0.3, 0);
  for (const char* name : {"log_mass_msun", "log_age_yr", "ebv_mag"}) {
    table.add("true_" + std::string(name), "", "", io::Reals{7, 6, 1});
    table.add("measured_" + std::string(name), "", "", io::Reals{7.5, 6, 1});
    table.add("measured_" + std::string(name) + "_q16", "", "", io::Reals{7.1, 5, 1});
    table.add("measured_" + std::string(name) + "_q84", "", "", io::Reals{7.6, 7, 1});
  }
  return table;
}

Quantity quantity(const std::string& name) {
  for (Quantity& q : quantities_of(joined(), {"f150w"}, "f150w"))
    if (q.name == name) return q;
  ADD_FAILURE() << "no quantity " << name;
  return {};
}

TEST(Quantities, AreAllThatIsInjectedAndMeasured) {
  for (const char* name : {"relative_flux_f150w", "mag_f150w", "log_radius_pc", "log_mu", "log_mass_msun",
                           "log_age_yr", "ebv_mag"})
    EXPECT_EQ(quantity(name).name, name);
}

TEST(Quantities, HaveTheNamesThatAreForetold) {
  std::vector<std::string> names;
  for (const Quantity& q : quantities_of(joined(), {"f150w"}, "f150w")) names.push_back(q.name);
  EXPECT_EQ(names, quantity_names({"f150w"}, "f150w"));
}

TEST(Quantities, HoldRecoveredRowsOnly) {
  const auto quantities = quantities_of(joined(), {"f150w"}, "f150w");
  for (const Quantity& q : quantities) {
    ASSERT_EQ(q.truth.size(), 3u) << q.name;
    ASSERT_EQ(q.measured.size(), 3u) << q.name;
    EXPECT_TRUE(std::isnan(q.measured[2])) << q.name;
    EXPECT_TRUE(std::isnan(q.truth[2])) << q.name;
  }
}

TEST(Quantities, FluxesAreRelativeToTheTruth) {
  const Quantity q = quantity("relative_flux_f150w");
  EXPECT_EQ(q.truth[0], 1);
  EXPECT_DOUBLE_EQ(q.measured[0], 1.1);
  EXPECT_DOUBLE_EQ(q.measured[1], 0.8);
  EXPECT_DOUBLE_EQ(q.error[0], 0.05);
}

// dm = 2.5 / ln 10 df / f.
TEST(Quantities, MagnitudeErrorsAreThoseOfTheFlux) {
  const Quantity q = quantity("mag_f150w");
  EXPECT_EQ(q.measured[0] - q.truth[0], 25.9 - 26);
  EXPECT_NEAR(q.error[1], 1.0857362047581296 * 0.1, 1e-14);
}

TEST(Quantities, RadiiAreThoseOfResolvedClumps) {
  const Quantity q = quantity("log_radius_pc");
  EXPECT_NEAR(q.measured[0] - q.truth[0], std::log10(2.0), 1e-14);
  EXPECT_NEAR(q.low[0], 1, 1e-14);
  EXPECT_NEAR(q.high[0], std::log10(40.0), 1e-14);
  EXPECT_TRUE(std::isnan(q.truth[1]) && std::isnan(q.measured[1]));
}

// d log10 mu = dmu / (mu ln 10), dmu the mean of 10 and 30.
TEST(Quantities, MagnificationsAreLogarithms) {
  const Quantity q = quantity("log_mu");
  EXPECT_DOUBLE_EQ(q.measured[0] - q.truth[0], 1);
  EXPECT_NEAR(q.error[0], 0.2 / std::log(10.0), 1e-14);
}

// Reaches 0.4 and 0.1; the mass adds 0.3 in quadrature.
TEST(Quantities, MassIntervalsHoldTheMagnificationsError) {
  const Quantity mass = quantity("log_mass_msun"), age = quantity("log_age_yr");
  EXPECT_NEAR(mass.low[0], 7.5 - 0.5, 1e-12);
  EXPECT_NEAR(mass.high[0], 7.5 + std::sqrt(0.1), 1e-12);
  EXPECT_NEAR(age.low[0], 7.1, 1e-12);
  EXPECT_NEAR(age.high[0], 7.6, 1e-12);
}

}  // namespace
}  // namespace arcproof::validation

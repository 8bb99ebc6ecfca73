// Null tests, purity, the factor of the errors and the verdict, on tables with a known answer.
#include "engine/core/random.h"
#include "validation/checks/built_in.h"
#include "validation/checks/error_factor.h"
#include "validation/checks/nulls.h"
#include "validation/checks/purity.h"
#include "validation/completeness.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

struct Faults {
  double shift_x_pix = 0, flux_factor = 1, error_factor = 1;
  bool repeats = false;
};

// Recovered clumps of 100 nJy +- 5 with normal errors; the truth that a null test is to find. Seed 71.
io::Table recovered_clumps(int count, const Faults& faults = {}) {
  Random random({.seed = 71, .purpose = "null tests"});
  io::Reals mag, true_flux, flux, error, snr, measured_mag, x, y, measured_x, measured_y, mass, age, radius,
      neighbour, changed;
  io::Integers parent, realisation;
  io::Flags found;
  io::Texts flag;
  for (int i = 0; i < count; ++i) {
    mag.push_back(24 + 3 * random.uniform(0, 1));
    true_flux.push_back(std::pow(10, -0.4 * (mag[i] - 31.4)));
    const double sigma = 0.05 * true_flux[i];
    flux.push_back(faults.flux_factor * true_flux[i] + sigma * random.normal());
    error.push_back(sigma / faults.error_factor);
    snr.push_back(flux[i] / error[i]);
    measured_mag.push_back(31.4 - 2.5 * std::log10(flux[i]));
    x.push_back(random.uniform(0, 100));
    y.push_back(random.uniform(0, 100));
    measured_x.push_back(x[i] + faults.shift_x_pix + 0.05 * random.normal());
    measured_y.push_back(y[i] + 0.05 * random.normal());
    mass.push_back(faults.repeats && i % 10 == 9 ? mass[i - 1] : random.uniform(5, 9));
    age.push_back(faults.repeats && i % 10 == 9 ? age[i - 1] : random.uniform(6, 9));
    radius.push_back(faults.repeats && i % 10 == 9 ? radius[i - 1] : random.uniform(0, 2));
    neighbour.push_back(i % 4 == 0 ? 5 : 50);
    changed.push_back(0.25);
    parent.push_back(i);
    realisation.push_back(i / 5);
    found.push_back(i % 4 != 0 || i % 8 == 0);
    flag.emplace_back("injected");
  }
  io::Table table("INJECTIONS");
  const auto add = [&](const char* name, auto values) { table.add(name, "", "", std::move(values)); };
  add("mag", mag), add("true_flux_b", true_flux), add("measured_flux_b", flux),
      add("measured_flux_b_err", error);
  add("measured_snr_b", snr), add("measured_mag_b", measured_mag), add("true_x", x), add("true_y", y);
  add("measured_x", measured_x), add("measured_y", measured_y), add("true_log_mass_msun", mass);
  add("true_log_age_yr", age), add("true_log_radius_pc", radius), add("neighbour_pix", neighbour);
  add("changed_fraction", changed), add("parent_id", parent), add("realisation", realisation);
  add("recovered", found), add("injection_flag", flag);
  return table;
}

Metrics null_metrics_of(const Faults& faults) {
  Metrics metrics;
  set_null_metrics(recovered_clumps(400, faults), {"b"}, "b", 1, metrics);
  set_crowding_metrics(recovered_clumps(400, faults), metrics);
  set_error_factor_metrics(error_factor_table(recovered_clumps(400, faults), "b"), metrics);
  return metrics;
}

std::vector<std::string> warnings_of(const Faults& faults) {
  std::vector<std::string> names;
  for (const BuiltInCheck& check : built_in_checks(null_metrics_of(faults)))
    if (!check.met) names.push_back(check.criterion.metric);
  return names;
}

using Names = std::vector<std::string>;

// One sample of each, seed 71: limits are 3 errors beyond the tolerance.
TEST(BuiltInChecks, FindPlantedFaults) {
  EXPECT_EQ(warnings_of({}), Names{"crowding.changed_fraction"});
  EXPECT_EQ(warnings_of({.shift_x_pix = 1}), (Names{"offset.x_pix", "crowding.changed_fraction"}));
  EXPECT_EQ(warnings_of({.error_factor = 2}), (Names{"errors.factor_68_low", "crowding.changed_fraction"}));
  EXPECT_EQ(warnings_of({.error_factor = 0.5}),
            (Names{"errors.factor_68_high", "crowding.changed_fraction"}));
  EXPECT_EQ(warnings_of({.repeats = true}), (Names{"null.repeated_draws", "crowding.changed_fraction"}));
  const Names bright = warnings_of({.flux_factor = 1.1});
  EXPECT_NE(std::find(bright.begin(), bright.end(), "bright.b.flux_bias"), bright.end());
}

// Noise that two bands share with either sign.
TEST(BuiltInChecks, BandNoiseMayNotGoTogetherNorAgainstEachOther) {
  for (const auto& [value, is_met] : {std::pair{0.05, true}, {-0.05, true}, {0.3, false}, {-0.3, false}}) {
    Metrics metrics;
    metrics.set("null.band_noise_correlation", value);
    int made = 0, listed = 0;
    for (const BuiltInCheck& check : built_in_checks(metrics)) {
      listed += 1;
      made += check.made;
      EXPECT_EQ(check.met, is_met || !check.made) << check.criterion.metric << ' ' << value;
      EXPECT_EQ(check.made, check.criterion.metric == "null.band_noise_correlation");
    }
    EXPECT_EQ(made, 1);
    EXPECT_GT(listed, 10);  // what this run has no number for is listed as not made
  }
}

TEST(NullTests, NumbersAreThoseOfTheSample) {
  const Metrics metrics = null_metrics_of({.shift_x_pix = 0.3, .error_factor = 2});
  EXPECT_NEAR(*metrics.find("offset.x_pix"), 0.3, 0.02);
  EXPECT_NEAR(*metrics.find("offset.scatter_pix"), 0.05, 0.006);
  EXPECT_GT(*metrics.find("null.skill"), 0.95);
  EXPECT_LT(std::abs(*metrics.find("null.shuffled_skill")), 0.2);
  EXPECT_NEAR(*metrics.find("errors.factor_68"), 2, 0.25);
  EXPECT_NEAR(*metrics.find("bright.b.flux_scatter"), 0.05, 0.008);
  EXPECT_EQ(*metrics.find("crowding.near"), 0.5);
  EXPECT_EQ(*metrics.find("crowding.far"), 1);
  EXPECT_EQ(*metrics.find("crowding.near_share"), 0.25);
}

TEST(Purity, LabelsRowsByTheTruth) {
  io::Table truth("HOST_TRUTH");
  truth.add("field", "", "", io::Texts{"a", "a", "a", "b"});
  truth.add("injection_flag", "", "", io::Texts{"injected", "injected", "injected", "injected"});
  truth.add("true_x", "", "", io::Reals{10, 30, 31, 50});
  truth.add("true_y", "", "", io::Reals{10, 30, 30, 50});
  truth.add("true_flux_b", "", "", io::Reals{100, 60, 60, 100});
  truth.add("true_sigma_major_pix", "", "", io::Reals{0.5, 0.5, 0.5, 4});
  io::Table catalogue("CATALOG");
  catalogue.add("field", "", "", io::Texts{"a", "a", "a", "a", "b", "a"});
  catalogue.add("x", "", "", io::Reals{11, 10, 30.5, 60, 53, 50});
  catalogue.add("y", "", "", io::Reals{10, 10, 30, 60, 50, 50});
  catalogue.add("flux_b", "", "", io::Reals{110, 500, 125, 100, 100, 100});
  catalogue.add("selected", "", "", io::Flags{true, true, true, true, true, false});
  // A neighbour's flux; far brighter; both of two together; nothing there; within a large sigma; another field's.
  EXPECT_EQ(label_rows(catalogue, truth, "b"),
            (io::Texts{"true", "excess", "blend", "none", "true", "none"}));
  io::Table areas("AREAS");
  areas.add("around", "", "", io::Texts{"outside_host", "negative"});
  areas.add("area_arcsec2", "arcsec**2", "", io::Reals{20, 10});
  areas.add("selected", "", "", io::Integers{4, 1});
  Metrics metrics;
  set_purity_metrics(catalogue, truth, areas, 10, "b", metrics);
  EXPECT_DOUBLE_EQ(*metrics.find("purity.truth"), 2.0 / 5);
  EXPECT_DOUBLE_EQ(*metrics.find("purity.blend"), 1.0 / 5);
  EXPECT_DOUBLE_EQ(*metrics.find("purity.negative"), 1.0 / 5);
  EXPECT_DOUBLE_EQ(*metrics.find("purity.outside"), 2.0 / 5);
}

TEST(Judgement, CriteriaDecideAndChecksWarn) {
  const Verdict passed{{"a", 0, 1, ""}, 0.5, true}, failed{{"a", 0, 1, ""}, 2, false};
  const BuiltInCheck met{{"b", 0, 1, ""}, 0.5, 0, true}, warns{{"b", 0, 1, ""}, 2, 0, false};
  EXPECT_EQ(judgement_of({passed}, {met}), Judgement::pass);
  EXPECT_EQ(judgement_of({passed}, {met, warns}), Judgement::pass_with_warnings);
  EXPECT_EQ(judgement_of({passed, failed}, {met}), Judgement::fail);
  EXPECT_EQ(judgement_of({}, {warns}), Judgement::not_judged);
  EXPECT_EQ(to_string(Judgement::pass_with_warnings), "PASS WITH WARNINGS");
}

// Injections twice as dense on the left, where all are found, as on the right, where none is: over the area half are
// found, whatever the drawing density. Exact.
TEST(WeightedCompleteness, DoesNotDependOnWhereItWasDrawn) {
  io::Table t("INJECTIONS");
  t.add("injection_flag", "", "", io::Texts(6, "injected"));
  t.add("mag", "", "", io::Reals(6, 25.5));
  t.add("recovered", "", "", io::Flags{true, true, true, true, false, false});
  t.add("weight_uniform", "", "", io::Reals{0.75, 0.75, 0.75, 0.75, 1.5, 1.5});
  t.add("weight_clumps", "", "", io::Reals{1, 1, 1, 1, 0, 0});
  const io::Table table = completeness_table(t, {{"mag", "mag", {25, 26}}});
  EXPECT_DOUBLE_EQ(table.reals("completeness_uniform")[0], 0.5);
  EXPECT_DOUBLE_EQ(table.reals("completeness")[0], 1);
  EXPECT_DOUBLE_EQ(table.reals("n_effective")[0], 4);
  EXPECT_LT(table.reals("completeness_uniform_low")[0], 0.5);
  EXPECT_GT(table.reals("completeness_uniform_high")[0], 0.5);
}

}  // namespace
}  // namespace arcproof::validation

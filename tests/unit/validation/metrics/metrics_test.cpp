// The numbers of each family on tables made by hand, and that each number that is set is described.
#include "validation/metrics/metrics.h"

#include "engine/core/missing.h"
#include "engine/core/random.h"
#include "validation/bias.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

// One injected clump; what is measured is the truth, unless a test says otherwise.
struct Clump {
  bool recovered = true;
  std::string flag = "injected";
  std::int64_t parent = 0, realisation = 0;
  double x = 0, y = 0, mag = 25, flux = 10, measured_flux = 10, error = 1, snr = 20;
  double neighbour_pix = nan, sigma_major = 2, sigma_minor = 2, measured_sigma = 2;
  double radius = 30, measured_radius = 30;
  bool on_empty_sky = true;
  std::int64_t merged_images = 1, group_size = 1;
  std::string outcome = "";  // "": as `recovered` says
  bool any_quality = false;  // recovered, were every fit trusted; recovered clumps are
};

template <class Values, class Get>
void add(io::Table& table, const std::string& name, const std::vector<Clump>& clumps, Get get) {
  Values values;
  for (const Clump& clump : clumps) values.push_back(get(clump));
  table.add(name, "", "", std::move(values));
}

io::Table joined(const std::vector<Clump>& clumps) {
  io::Table t("INJECTIONS");
  const auto real = [&](const std::string& name, auto get) { add<io::Reals>(t, name, clumps, get); };
  const auto integer = [&](const std::string& name, auto get) { add<io::Integers>(t, name, clumps, get); };
  add<io::Flags>(t, "recovered", clumps, [](const Clump& c) { return c.recovered; });
  add<io::Flags>(t, "recovered_any_quality", clumps,
                 [](const Clump& c) { return c.recovered || c.any_quality; });
  add<io::Texts>(t, "outcome", clumps, [](const Clump& c) {
    return !c.outcome.empty() ? c.outcome : c.recovered ? "recovered" : "not_detected";
  });
  add<io::Flags>(t, "on_empty_sky", clumps, [](const Clump& c) { return c.on_empty_sky; });
  add<io::Texts>(t, "injection_flag", clumps, [](const Clump& c) { return c.flag; });
  integer("parent_id", [](const Clump& c) { return c.parent; });
  integer("realisation", [](const Clump& c) { return c.realisation; });
  integer("merged_images", [](const Clump& c) { return c.merged_images; });
  integer("measured_group_size", [](const Clump& c) { return c.group_size; });
  real("true_x", [](const Clump& c) { return c.x; });
  real("true_y", [](const Clump& c) { return c.y; });
  real("mag", [](const Clump& c) { return c.mag; });
  real("neighbour_pix", [](const Clump& c) { return c.neighbour_pix; });
  real("true_sigma_major_pix", [](const Clump& c) { return c.sigma_major; });
  real("true_sigma_minor_pix", [](const Clump& c) { return c.sigma_minor; });
  real("true_flux_f150w", [](const Clump& c) { return c.flux; });
  real("true_radius_pc", [](const Clump& c) { return c.radius; });
  real("measured_snr_f150w", [](const Clump& c) { return c.snr; });
  real("measured_flux_f150w", [](const Clump& c) { return c.measured_flux; });
  real("measured_flux_f150w_err", [](const Clump& c) { return c.error; });
  real("measured_flux_f150w_err_analytic", [](const Clump& c) { return 2 * c.error; });
  real("measured_flux_f150w_err_correlated", [](const Clump& c) { return c.error; });
  real("measured_sigma_circular_pix", [](const Clump& c) { return c.measured_sigma; });
  real("measured_radius_pc", [](const Clump& c) { return c.measured_radius; });
  return t;
}

double value_of(const Metrics& metrics, const std::string& name) {
  const auto value = metrics.find(name);
  EXPECT_TRUE(value) << name;
  return value.value_or(nan);
}

// The names that are set are those that are described, each once, with a meaning each.
void expect_described(const Metrics& metrics, const std::vector<MetricDescription>& described) {
  std::vector<std::string> set, names;
  for (const auto& [name, value] : metrics.all()) set.push_back(name);
  for (const MetricDescription& one : described) {
    names.push_back(one.name);
    EXPECT_FALSE(one.meaning.empty()) << one.name;
  }
  std::sort(set.begin(), set.end());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(set, names);
}

TEST(CountMetrics, CountRowsAndParents) {
  Metrics m;
  set_count_metrics(joined({{.parent = 1},
                            {.recovered = false, .parent = 1},
                            {.parent = 2},
                            {.recovered = false, .flag = "no_image", .parent = 3, .x = nan, .mag = nan},
                            {.recovered = false, .parent = 4, .outcome = "not_trusted"}}),
                    m);
  EXPECT_EQ(value_of(m, "counts.clumps"), 4);
  EXPECT_EQ(value_of(m, "counts.rows"), 5);
  EXPECT_EQ(value_of(m, "counts.injected"), 4);
  EXPECT_EQ(value_of(m, "counts.recovered"), 2);
  EXPECT_EQ(value_of(m, "completeness.overall"), 0.5);
  EXPECT_EQ(value_of(m, "counts.not_trusted"), 1);
  EXPECT_EQ(value_of(m, "counts.wrong_flux"), 0);
  expect_described(m, count_metrics());
}

TEST(CountMetrics, CountOutcomes) {
  Metrics m;
  std::vector<Clump> clumps(2);
  for (const auto& [outcome, times] : {std::pair{"wrong_flux", 3}, {"not_trusted", 4}, {"confused", 5}})
    clumps.insert(clumps.end(), static_cast<std::size_t>(times), {.recovered = false, .outcome = outcome});
  set_count_metrics(joined(clumps), m);
  EXPECT_EQ(value_of(m, "counts.wrong_flux"), 3);
  EXPECT_EQ(value_of(m, "counts.not_trusted"), 4);
  EXPECT_EQ(value_of(m, "counts.confused"), 5);
  EXPECT_EQ(value_of(m, "counts.recovered"), 2);
}

TEST(CountMetrics, OfNothingAreNoFraction) {
  Metrics m;
  set_count_metrics(joined({{.recovered = false, .flag = "outside_image"}}), m);
  EXPECT_TRUE(std::isnan(value_of(m, "completeness.overall")));
}

// 4000 clumps of p = 0.9 / (1 + exp((m - 27) / 0.4)); seed 5. Each number within 4 sigma of the truth, of
// errors 0.03 mag, 0.02 mag and 0.012 (false-alarm rate 2e-4 together). If every fit were trusted, half a
// magnitude more, and a plateau of 0.95.
TEST(CompletenessMetrics, AreThoseOfTheLogisticPutIn) {
  Random random({.seed = 5, .purpose = "metrics_test"});
  std::vector<Clump> clumps;
  for (int i = 0; i < 4000; ++i) {
    const double mag = random.uniform(24, 30);
    const double p = random.uniform();
    clumps.push_back({.recovered = p < 0.9 / (1 + std::exp((mag - 27) / 0.4)),
                      .mag = mag,
                      .any_quality = p < 0.95 / (1 + std::exp((mag - 27.5) / 0.4))});
  }
  clumps.push_back({.flag = "no_image", .mag = nan});
  Metrics m;
  set_completeness_metrics(joined(clumps), m);
  EXPECT_NEAR(value_of(m, "completeness.mag_50"), 27, 0.12);
  EXPECT_NEAR(value_of(m, "completeness.width_mag"), 0.4, 0.08);
  EXPECT_NEAR(value_of(m, "completeness.plateau"), 0.9, 0.05);
  EXPECT_NEAR(value_of(m, "completeness.any_quality.mag_50"), 27.5, 0.12);
  EXPECT_NEAR(value_of(m, "completeness.any_quality.plateau"), 0.95, 0.05);
  expect_described(m, completeness_metrics());
}

TEST(BrightMetrics, AreOfRecoveredClumpsAboveTen) {
  Metrics m;
  set_bright_metrics(joined({{.flux = 10, .measured_flux = 11, .error = 0.5, .snr = 20},
                             {.flux = 10, .measured_flux = 9, .error = 0.5, .snr = 20},
                             {.flux = 10, .measured_flux = 13, .error = 1, .snr = 11},
                             {.flux = 10, .measured_flux = 99, .snr = 10},                    // not above
                             {.recovered = false, .measured_flux = nan, .snr = nan},          // lost
                             {.flux = 10, .measured_flux = nan, .error = nan, .snr = nan}}),  // no number
                     "f150w", m);
  EXPECT_EQ(value_of(m, "bright.n"), 3);
  EXPECT_NEAR(value_of(m, "bright.flux_bias"), 0.1, 1e-12);          // of 0.1, -0.1, 0.3
  EXPECT_NEAR(value_of(m, "bright.flux_pull_median"), 2, 1e-12);     // of 2, -2, 3
  EXPECT_NEAR(value_of(m, "bright.flux_pull_sigma"), 1.4826, 1e-3);  // of 0, 4, 1
  expect_described(m, bright_metrics());
}

TEST(PullMetrics, TellEmptySkyAndErrorsApart) {
  Metrics m;
  set_pull_metrics(joined({{.flux = 10, .measured_flux = 11},
                           {.flux = 10, .measured_flux = 7, .on_empty_sky = false},
                           {.flux = 10, .measured_flux = 14, .neighbour_pix = 9.9},
                           {.flux = 10, .measured_flux = 12, .neighbour_pix = 10},
                           {.flux = 5, .measured_flux = 99},   // S/N 5: not above
                           {.flux = 50, .measured_flux = 99},  // S/N 50: not below
                           {.flux = 10, .measured_flux = 99, .error = nan},
                           {.recovered = false, .flux = 10, .measured_flux = nan}}),
                   "f150w", m);
  EXPECT_EQ(value_of(m, "pulls.all.redraws.n"), 4);
  EXPECT_EQ(value_of(m, "pulls.sky.redraws.n"), 2);
  EXPECT_NEAR(value_of(m, "pulls.all.redraws.median"), 1.5, 1e-12);  // of 1, -3, 4, 2
  EXPECT_NEAR(value_of(m, "pulls.all.redraws.sd"), std::sqrt(26.0 / 3), 1e-12);
  EXPECT_NEAR(value_of(m, "pulls.all.white.median"), 0.75, 1e-12);      // errors twice as large
  EXPECT_NEAR(value_of(m, "pulls.sky.correlated.median"), 1.5, 1e-12);  // of 1, 2
  EXPECT_NEAR(value_of(m, "pulls.sky.correlated.sigma"), 0.5 * 1.4826, 1e-3);
  expect_described(m, pull_metrics());
}

// Alone: no other image of the same realisation within 40 pixels.
TEST(IsolatedMetrics, AreOfClumpsThatAreAlone) {
  Metrics m;
  set_isolated_metrics(
      joined({{.x = 100, .y = 100, .measured_flux = 11, .measured_radius = 33},
              {.x = 140, .y = 100, .measured_flux = 12, .measured_radius = 24},  // 40 pixels: alone
              {.realisation = 1, .x = 100, .y = 100, .measured_flux = 10.5},     // others' pixels
              {.x = 300, .y = 300, .measured_flux = 99},
              {.recovered = false, .x = 339, .y = 300},                // lost, and near
              {.realisation = 2, .x = 0, .y = 0, .sigma_minor = 0.5},  // not resolved
              {.realisation = 3, .x = 0, .y = 0, .merged_images = 2},
              {.realisation = 4, .x = 0, .y = 0, .group_size = 2},
              {.recovered = false, .flag = "no_image", .realisation = 1, .x = nan, .y = nan}}),
      "f150w", m);
  EXPECT_EQ(value_of(m, "isolated.n"), 3);
  EXPECT_NEAR(value_of(m, "isolated.flux_deviation_median"), 0.1, 1e-12);
  EXPECT_NEAR(value_of(m, "isolated.flux_deviation_max"), 0.2, 1e-12);
  EXPECT_NEAR(value_of(m, "isolated.radius_deviation_median"), 0.1, 1e-12);  // of 0.1, 0.2, 0
  EXPECT_NEAR(value_of(m, "isolated.radius_deviation_max"), 0.2, 1e-12);
  expect_described(m, isolated_metrics());
}

TEST(IsolatedMetrics, WithoutAnyAreNoNumbers) {
  Metrics m;
  set_isolated_metrics(joined({{.recovered = false}}), "f150w", m);
  EXPECT_EQ(value_of(m, "isolated.n"), 0);
  EXPECT_TRUE(std::isnan(value_of(m, "isolated.flux_deviation_max")));
  EXPECT_TRUE(std::isnan(value_of(m, "isolated.radius_deviation_median")));
}

TEST(PairMetrics, GoBySeparation) {
  Metrics m;
  set_pair_metrics(joined({{.measured_flux = 12, .neighbour_pix = 1.5, .measured_sigma = 2 * std::exp(0.2)},
                           {.recovered = false, .measured_flux = nan, .neighbour_pix = 2},
                           {.measured_flux = 8, .neighbour_pix = 2.5, .sigma_major = 4, .sigma_minor = 1},
                           {.measured_flux = 8, .neighbour_pix = 6},
                           {.neighbour_pix = nan},
                           {.recovered = false, .flag = "outside_host", .neighbour_pix = 2}}),
                   "f150w", m);
  EXPECT_EQ(value_of(m, "pairs.touching.n"), 2);
  EXPECT_EQ(value_of(m, "pairs.touching.recovered"), 0.5);
  EXPECT_NEAR(value_of(m, "pairs.touching.flux_bias"), 0.2, 1e-12);
  EXPECT_NEAR(value_of(m, "pairs.touching.radius_bias"), 0.2, 1e-12);
  EXPECT_EQ(value_of(m, "pairs.close.n"), 1);
  EXPECT_NEAR(value_of(m, "pairs.close.flux_bias"), -0.2, 1e-12);
  EXPECT_NEAR(value_of(m, "pairs.close.radius_bias"), 0, 1e-12);
  EXPECT_EQ(value_of(m, "pairs.wide.n"), 0);
  EXPECT_TRUE(std::isnan(value_of(m, "pairs.wide.recovered")));
  EXPECT_TRUE(std::isnan(value_of(m, "pairs.wide.flux_bias")));
  expect_described(m, pair_metrics());
}

// A joined table with all quantities, of rows that are their own measurement.
io::Table with_quantities(std::size_t rows) {
  io::Table t = joined(std::vector<Clump>(rows));
  const auto real = [&](const std::string& name, double value) {
    t.add(name, "", "", io::Reals(rows, value));
  };
  t.add("measured_radius_is_upper_limit", "", "", io::Flags(rows, false));
  for (const char* name :
       {"measured_mag_f150w", "true_mu", "measured_mu", "measured_mu_err_minus", "measured_mu_err_plus",
        "measured_radius_pc_err_minus", "measured_radius_pc_err_plus", "measured_log_mass_mu_err"})
    real(name, 1);
  for (const std::string name : {"log_mass_msun", "log_age_yr", "ebv_mag"}) {
    real("true_" + name, 7);
    for (const char* suffix : {"", "_q16", "_q84"}) real("measured_" + name + suffix, 7);
  }
  return t;
}

TEST(BiasMetrics, AreThoseOfAllRows) {
  const MetricOptions options{"f150w", {"f150w"}};
  const auto quantities = quantities_of(with_quantities(4), options.bands, options.reference_band);
  const io::Table bias = bias_table(with_quantities(4), quantities, {{"mag", "mag", {24, 26}}}),
                  coverage = coverage_table(quantities);
  Metrics m, c;
  set_bias_metrics(bias, m);
  set_coverage_metrics(coverage, c);
  EXPECT_EQ(value_of(m, "bias.relative_flux_f150w.n"), 4);
  EXPECT_EQ(value_of(m, "bias.relative_flux_f150w.bias"), 0);
  EXPECT_EQ(value_of(m, "bias.mag_f150w.bias"), -24);
  EXPECT_EQ(value_of(c, "coverage.log_mass_msun"), 1);
  EXPECT_EQ(value_of(c, "coverage.mag_f150w"), 0);
  expect_described(m, bias_metrics(options));
  expect_described(c, coverage_metrics(options));
}

TEST(BiasMetrics, HaveTheUnitsOfTheirQuantities) {
  for (const MetricDescription& one : bias_metrics({"f150w", {"f150w"}}))
    EXPECT_EQ(one.unit, one.name == "bias.mag_f150w.bias" || one.name == "bias.mag_f150w.bias_err" ||
                                one.name == "bias.mag_f150w.scatter" || one.name == "bias.ebv_mag.bias" ||
                                one.name == "bias.ebv_mag.bias_err" || one.name == "bias.ebv_mag.scatter"
                            ? "mag"
                            : "")
        << one.name;
}

TEST(BiasMetrics, OfTheSedAreThoseOfRunsWithOne) {
  const auto without = names_of(bias_metrics({"f150w", {"f150w"}, false, false}));
  EXPECT_EQ(std::count(without.begin(), without.end(), "bias.log_mass_msun.bias"), 0);
  EXPECT_EQ(std::count(without.begin(), without.end(), "bias.log_mu.bias"), 1);
}

TEST(DepthMetrics, AreMediansOverTheFields) {
  Metrics m;
  set_depth_metrics({{{29, 28}}, {{30, 27}}, {{31, 20}}}, {"f150w", "f200w"}, m);
  EXPECT_EQ(value_of(m, "depth.f150w"), 30);
  EXPECT_EQ(value_of(m, "depth.f200w"), 27);
  expect_described(m, depth_metrics({"f150w", "f200w"}));
}

struct Object {
  std::string field;
  std::int64_t id, counter_image_of;
  double x, snr = 10;
  bool selected = true, trusted = true;
};

constexpr std::int64_t alone = io::missing_integer;

io::Table catalogue(const std::vector<Object>& objects) {
  io::Texts field;
  io::Integers id, other;
  io::Reals x, y, snr;
  io::Flags selected, trusted, enough_snr;
  for (const Object& o : objects) {
    field.push_back(o.field);
    id.push_back(o.id);
    other.push_back(o.counter_image_of);
    x.push_back(o.x);
    y.push_back(0);
    snr.push_back(o.snr);
    selected.push_back(o.selected && o.trusted);
    trusted.push_back(o.trusted);
    enough_snr.push_back(o.selected);
  }
  io::Table t("CATALOG");
  t.add("field", "", "", field);
  t.add("detection_id", "", "", id);
  t.add("counter_image_of", "", "", other);
  t.add("x", "", "", x);
  t.add("y", "", "", y);
  t.add("snr_f150w", "", "", snr);
  t.add("selected", "", "", selected);
  t.add("trusted", "", "", trusted);
  t.add("enough_snr", "", "", enough_snr);
  return t;
}

io::Table host_truth(const io::Texts& field, const io::Integers& parent, const io::Reals& x,
                     const io::Reals& flux) {
  io::Table t("HOST_TRUTH");
  t.add("field", "", "", field);
  t.add("parent_id", "", "", parent);
  t.add("true_x", "", "", x);
  t.add("true_y", "", "", io::Reals(x.size(), 0));
  t.add("true_flux_f150w", "", "", flux);
  return t;
}

// Field a: three images of clump 1 (one joined rightly, one not joined), one of clump 2 that is joined to
// clump 1. Field b: the same numbers, and nothing to do with a. A true image of no flux, or without a place,
// is nobody's.
TEST(LinkMetrics, JudgeCounterImages) {
  const io::Table truth = host_truth({"a", "a", "a", "a", "b", "a", "a"}, {1, 1, 1, 2, 1, 7, 8},
                                     {0, 100, 200, 300, 0, nan, 2}, {50, 40, 30, 20, 10, 99, 0});
  const io::Table objects = catalogue({{"a", 1, alone, 0.5, 30},
                                       {"a", 2, 1, 100, 20},
                                       {"a", 3, alone, 202.9, 15},
                                       {"a", 4, 1, 300, 12},
                                       {"a", 5, 1, 400, 12},    // nothing was drawn there
                                       {"a", 6, 1, 203.0, 12},  // 3 pixels: out of reach
                                       {"b", 1, alone, 0, 5},
                                       {"a", 7, 1, 100.5, 2, false},  // not selected
                                       {"a", 8, 99, 0.1, 1}});        // joined to a row that is not there
  Metrics m;
  set_link_metrics(objects, truth, "f150w", m);
  EXPECT_EQ(value_of(m, "links.made"), 6);
  EXPECT_EQ(value_of(m, "links.right"), 0.5);   // 2 rightly, 4 wrongly
  EXPECT_EQ(value_of(m, "links.possible"), 3);  // 2, 3 and 8, whose clump has brighter images elsewhere
  EXPECT_NEAR(value_of(m, "links.found"), 1.0 / 3, 1e-12);
  expect_described(m, link_metrics());
}

TEST(LinkMetrics, WithoutLinksAreNoFraction) {
  Metrics m;
  set_link_metrics(catalogue({{"a", 1, alone, 0}}), host_truth({"a"}, {1}, {0}, {5}), "f150w", m);
  EXPECT_EQ(value_of(m, "links.made"), 0);
  EXPECT_TRUE(std::isnan(value_of(m, "links.right")));
  EXPECT_TRUE(std::isnan(value_of(m, "links.found")));
}

// All together: what set_metrics sets is what run_metrics describes, each name once.
TEST(RunMetrics, AreDescribed) {
  const io::Table injections = with_quantities(8),
                  science = catalogue({{"a", 1, alone, 0},
                                       {"a", 2, 1, 100, 9, false},
                                       {"a", 3, 1, 200, 9, true, false},
                                       {"a", 4, 1, 300, 9, false, false}}),
                  truth = host_truth({"a"}, {1}, {0}, {5});
  for (const bool has_pairs : {false, true}) {
    const MetricOptions options{"f150w", {"f150w"}, has_pairs};
    const auto quantities = quantities_of(injections, options.bands, options.reference_band);
    const io::Table bias = bias_table(injections, quantities, {}), coverage = coverage_table(quantities);
    Metrics m;
    set_metrics(options, {injections, science, truth, bias, coverage, {{{29}}}}, m);
    EXPECT_EQ(value_of(m, "science.rows"), 4);
    EXPECT_EQ(value_of(m, "science.selected"), 1);
    EXPECT_EQ(value_of(m, "science.not_trusted"), 1);  // that of too low an S/N is not counted
    expect_described(m, run_metrics(options));
    const std::vector<std::string> names = names_of(run_metrics(options));
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  }
}

}  // namespace
}  // namespace arcproof::validation

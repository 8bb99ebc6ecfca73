// What the figures of a report draw, on runs made by hand: points and curves, axes that hide no point, labels,
// and rows that do not shift when one of them has no number. ScriptsForPictures gives the scripts.
#include "reports/figures/examples.h"
#include "reports/figures/lens.h"
#include "reports/figures/mass_function.h"
#include "reports/figures/population.h"
#include "reports/figures/psf.h"
#include "reports/figures/recovery/axes.h"
#include "reports/figures/recovery/bias.h"
#include "reports/figures/recovery/completeness.h"
#include "reports/figures/recovery/degeneracies.h"
#include "reports/figures/recovery/outcomes.h"
#include "reports/figures/recovery/recovery.h"
#include "reports/figures/recovery/truth.h"
#include "reports/figures/science.h"
#include "reports/figures/templates.h"
#include "tests/unit/reports/small_run.h"

#include <gtest/gtest.h>

namespace arcproof::reports {
namespace {

html::Figure by_id(const std::vector<html::Figure>& figures, const std::string& id) {
  for (const html::Figure& one : figures)
    if (one.id == id) return one;
  ADD_FAILURE() << "no figure " << id;
  return {};
}

class Figures : public ::testing::Test {
 protected:
  ScriptsForPictures scripts_;
};

// ---- completeness

io::Table bins(const std::string& name, io::Reals edges, io::Integers injected, io::Integers recovered) {
  io::Table t(name);
  io::Reals p(injected.size());
  for (std::size_t i = 0; i < p.size(); ++i)
    p[i] = injected[i] ? static_cast<double>(recovered[i]) / static_cast<double>(injected[i]) : no_number;
  with(t, "low_1", io::Reals(edges.begin(), edges.end() - 1));
  with(t, "high_1", io::Reals(edges.begin() + 1, edges.end()));
  with(t, "completeness", p);
  with(t, "completeness_low", p);
  with(t, "completeness_high", p);
  with(t, "n_injected", injected);
  with(t, "n_recovered", recovered);
  return t;
}

SmallRun with_bins(const std::string& name) {
  SmallRun run(name);
  io::Table map("MAG_RADIUS");
  with(map, "low_1", io::Reals{25, 26, 26});
  with(map, "high_1", io::Reals{26, 27, 27});
  with(map, "low_2", io::Reals{1, 1, 2});
  with(map, "high_2", io::Reals{2, 2, 3});
  with(map, "completeness", io::Reals{0.9, no_number, 0.5});
  with(map, "n_injected", io::Integers{10, 0, 20});
  run.put("completeness.fits",
          {bins("MAG", {25, 26, 27, 28}, {10, 20, 30}, {9, 10, 3}),
           bins("RADIUS", {0.5, 1, 1.5, 2}, {20, 0, 40}, {10, 0, 12}), bins("MASS", {5, 6}, {0}, {0}), map});
  run.metric("completeness.mag_50", 27);
  run.metric("depth.f150w", 29);
  return run;
}

TEST_F(Figures, CompletenessHasAPointForEachBinThatHoldsInjections) {
  const std::vector<html::Figure> figures = completeness_figures(with_bins("completeness").open());
  ASSERT_EQ(figures.size(), 4U);
  const std::string radius = by_id(figures, "completeness-radius").body;
  const Numbers rows = block(radius, "bins");
  ASSERT_EQ(rows.size(), 2U);  // the empty bin is none
  EXPECT_EQ(std::vector(rows[1].begin(), rows[1].begin() + 8),
            (std::vector<double>{1.75, 1.5, 2, 0.3, 0.3, 0.3, 40, 12}));
  EXPECT_EQ(axis(radius, "x"), std::pair(0.5, 2.0));
  EXPECT_EQ(axis(radius, "y", "plot $bins using 1:9"), std::pair(0.0, 1.05));
  EXPECT_GE(axis(radius, "y").second, 40);  // the panel of counts
  EXPECT_TRUE(holds(by_id(figures, "completeness-radius").shows, "22 of 60"));
  EXPECT_TRUE(holds(by_id(figures, "completeness-mass").body, "No injected clump has a place on this axis."));
}

// The line stands where half of the plateau is found, which is not half of the clumps.
TEST_F(Figures, CompletenessNamesTheHalfOfThePlateau) {
  SmallRun files = with_bins("half");
  files.metric("completeness.width_mag", 0.5);
  files.metric("completeness.plateau", 0.74);
  const html::Figure mag = by_id(completeness_figures(files.open()), "completeness-mag");
  EXPECT_TRUE(holds(mag.body, "half of the plateau of 74%: 27.00 mag")) << mag.body;
  EXPECT_FALSE(holds(mag.well, "50% point")) << mag.well;
}

TEST_F(Figures, CompletenessAgainstMagnitudeReachesFromTheBrightestInjectionToTheFaintestRecovery) {
  SmallRun files = with_bins("magnitudes");
  files.put("completeness.fits",
            {bins("MAG", {25, 26, 27, 28, 29, 30}, {10, 20, 30, 40, 50}, {9, 10, 3, 0, 0}),
             SmallRun::empty("RADIUS"), SmallRun::empty("MASS"), SmallRun::empty("MAG_RADIUS")});
  files.metric("completeness.mag_50", 24);
  files.metric("depth.f150w", 25);
  const html::Figure mag = by_id(completeness_figures(files.open()), "completeness-mag");
  EXPECT_EQ(axis(mag.body, "x"),
            std::pair(25.0, 28.5));  // half a magnitude beyond the last bin with a recovery
  EXPECT_EQ(block(mag.body, "bins").size(), 5U);
  EXPECT_TRUE(holds(mag.body, "observed magnitude F150W [AB]"));
  EXPECT_TRUE(holds(mag.shows, "Beyond the axis: 50&nbsp;injections"));  // the bin 28 to 29 begins within
}

TEST_F(Figures, TheMapOfCompletenessLeavesOutEmptyCellsAndShiftsNone) {
  const std::string map = by_id(completeness_figures(with_bins("map").open()), "completeness-map").body;
  EXPECT_EQ(block(map, "cells"), (Numbers{{25.5, 1.5, 25, 26, 1, 2, 0.9}, {26.5, 2.5, 26, 27, 2, 3, 0.5}}));
  EXPECT_EQ(block(map, "labels"), (Numbers{{25.5, 1.5, 10, 0.9}, {26.5, 2.5, 20, 0.5}}));
  EXPECT_EQ(axis(map, "y"), std::pair(1.0, 3.0));
  expect_inside(map, "cells");
}

// ---- bias and pulls

io::Table bias_table(const std::string& quantity, const std::string& along) {
  io::Table t("BIAS");
  with(t, "quantity", io::Texts{quantity, quantity, quantity, quantity, "other", quantity});
  with(t, "axis", io::Texts{"all", along, along, along, "all", along});
  with(t, "low", io::Reals{no_number, 10, 20, 40, no_number, 80});
  with(t, "high", io::Reals{no_number, 20, 40, 80, no_number, 160});
  with(t, "bias", io::Reals{0, 0.10, no_number, -0.04, 0, 0.5});
  with(t, "bias_err", io::Reals{0, 0.01, 0.02, 0.03, 0, 0.1});
  with(t, "scatter", io::Reals{0, 0.12, 0.1, 0.08, 0, 0.1});
  with(t, "n", io::Integers{24, 9, 8, 7, 30, 2});
  with(t, "pull_median", io::Reals{0.5, 0, 0, 0, -2, 0});
  with(t, "pull_sigma", io::Reals{1.5, 1, 1, 1, no_number, 1});
  return t;
}

io::Table coverage_of(const std::string& quantity) {
  io::Table t("COVERAGE");
  with(t, "quantity", io::Texts{"third", quantity});
  with(t, "coverage", io::Reals{0.1, 0.6});
  with(t, "coverage_low", io::Reals{0.05, 0.5});
  with(t, "coverage_high", io::Reals{0.2, 0.7});
  return t;
}

TEST_F(Figures, BiasLeavesOutBinsWithoutANumberAndThoseOfFewClumps) {
  SmallRun files("bias");
  files.put("bias.fits",
            {bias_table("relative_flux_f150w", "measured_snr_f150w"), coverage_of("relative_flux_f150w")});
  const std::vector<html::Figure> figures = bias_figures(files.open());
  ASSERT_EQ(figures.size(), 4U);
  const std::string snr = by_id(figures, "bias-snr").body;
  const Numbers rows = block(snr, "bins");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0], (std::vector<double>{14.14214, 10, 20, 10, 1, 12, 9}));
  EXPECT_EQ(rows[1], (std::vector<double>{56.56854, 40, 80, -4, 3, 8, 7}));
  EXPECT_EQ(axis(snr, "x"), std::pair(10.0, 80.0));
  expect_inside(snr, "bins", 0, 3);
  EXPECT_GE(axis(snr, "y").second, 22);  // the band as well
  EXPECT_TRUE(holds(snr, "measured S/N in F150W"));
  EXPECT_TRUE(holds(by_id(figures, "bias-mass").body, "No bin holds three recovered clumps."));
}

TEST_F(Figures, QuantitiesStandBesideTheirOwnCoverage) {
  SmallRun files("quantities");
  files.put("bias.fits", {bias_table("log_age_yr", "mag"), coverage_of("log_age_yr")});
  const std::string quantities = by_id(pull_figures(files.open()), "quantities").body;
  const Numbers rows = block(quantities, "rows");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0][1], 0.5);
  EXPECT_EQ(rows[0][5], 0.6);
  EXPECT_EQ(rows[1][1], -2);
  EXPECT_TRUE(std::isnan(rows[1][5]));  // "other" has no coverage
  EXPECT_TRUE(holds(quantities, "log age  (n = 24)"));
}

// A gnuplot margin in pixels.
double left_margin(const std::string& script) {
  const std::string head = "set lmargin at screen ";
  const std::size_t at = script.find(head);
  return at == std::string::npos ? 0 : full_px * std::stod(script.substr(at + head.size()));
}

// Letters of Helvetica 13 are 6.5 pixels wide in the mean.
TEST_F(Figures, QuantitiesLeaveRoomForTheirLongestName) {
  SmallRun files("long_names");
  const std::string quantity = "relative_flux_f150w_correlated", name = "- analytic, correlated  (n = 24)";
  files.put("bias.fits", {bias_table(quantity, "mag"), coverage_of(quantity)});
  const std::string script = by_id(pull_figures(files.open()), "quantities").body;
  EXPECT_GT(left_margin(script), 6.5 * static_cast<double>(name.size()));
}

io::Table injections() {
  io::Table t("INJECTIONS");
  with(t, "injection_id", io::Integers{1, 2, 3, 4, 5});
  with(t, "injection_flag", io::Texts{"injected", "injected", "injected", "injected", "off_image"});
  with(t, "outcome", io::Texts{"recovered", "recovered", "recovered", "not_detected", ""});
  with(t, "recovered", io::Flags{true, true, true, false, false});
  with(t, "mag", io::Reals{25.5, 26.5, 26.6, 27.5, 27.6});
  with(t, "measured_mag_f150w", io::Reals{25.6, no_number, 26.4, 27, 27});
  with(t, "true_flux_f150w", io::Reals{100, 50, 40, 10, 10});
  with(t, "measured_flux_f150w", io::Reals{110, no_number, 30, 10, 10});
  with(t, "measured_flux_f150w_err", io::Reals{5, 5, 1, 1, 1});
  with(t, "measured_snr_f150w", io::Reals{22, 12, 8, 1, 1});
  with(t, "true_log_radius_pc", io::Reals{1, 1.5, 2, 1, 1});
  with(t, "measured_radius_pc", io::Reals{10, 100, 50, 1, 1});
  with(t, "measured_radius_is_upper_limit", io::Flags{false, false, true, false, false});
  return t;
}

SmallRun with_injections(const std::string& name) {
  SmallRun run = with_bins(name);
  run.put("injections.fits", {injections()});
  return run;
}

TEST_F(Figures, PullsAreOfRecoveredClumpsWithAFlux) {
  const html::Figure pulls = by_id(pull_figures(with_injections("pulls").open()), "pulls");
  EXPECT_TRUE(holds(pulls.body, "'all (2)'"));
  EXPECT_TRUE(holds(pulls.body, "'S/N > 10 (1)'"));
  expect_inside(pulls.body, "all");
  double inside = 0;
  for (const auto& row : block(pulls.body, "all")) inside += row[1];
  EXPECT_NEAR(0.6 * inside, 1, 1e-6);  // bins 0.6 wide, of asinh(pull): those of 2 and of -10
}

// ---- truth

TEST_F(Figures, TruthHasAPointForEachMeasuredClumpByItsKind) {
  const std::vector<html::Figure> figures = truth_figures(with_injections("truth").open());
  const std::string mag = by_id(figures, "truth-mag").body, radius = by_id(figures, "truth-radius").body;
  EXPECT_EQ(block(mag, "bright"), (Numbers{{25.5, 25.6}}));
  EXPECT_EQ(block(mag, "faint"), (Numbers{{26.6, 26.4}}));  // the second row has no magnitude
  EXPECT_EQ(block(radius, "bright"), (Numbers{{1, 1}, {1.5, 2}}));
  EXPECT_EQ(block(radius, "faint"), Numbers{});
  EXPECT_EQ(block(radius, "limits"), (Numbers{{2, 1.69897}}));
  EXPECT_EQ(axis(radius, "x"), axis(radius, "y"));
  for (const char* kind : {"bright", "faint", "limits"}) {
    expect_inside(mag, kind);
    expect_inside(radius, kind);
  }
  EXPECT_TRUE(holds(radius, "'true [pc]'") && holds(radius, "'recovered [pc]'"));
  EXPECT_TRUE(holds(by_id(figures, "truth-mu").body, "Not measured in any recovered clump."));
}

// ---- outcomes

TEST_F(Figures, OutcomesAddUpInEveryBin) {
  const std::vector<html::Figure> figures = outcome_figures(with_injections("outcomes").open());
  const std::string bars = by_id(figures, "outcomes-bars").body;
  EXPECT_EQ(block(bars, "numbers"), (Numbers{{25.5, 1}, {26.5, 2}, {27.5, 1}}));
  const Numbers boxes = block(bars, "boxes");
  ASSERT_EQ(boxes.size(), 3U);
  EXPECT_EQ(boxes[2], (std::vector<double>{27.5, 0, 27.04, 27.96, 0, 1, 5}));  // not detected
  EXPECT_EQ(axis(bars, "x"), std::pair(25.0, 28.0));
  EXPECT_TRUE(holds(bars, "title 'not detected'"));
  EXPECT_FALSE(holds(bars, "title 'blended'"));
  EXPECT_TRUE(holds(by_id(figures, "outcomes-table").body, "75.0%"));
  for (const char* label : {"not selected", "not trusted", "not detected"})  // also if no injection ended so
    EXPECT_TRUE(holds(by_id(figures, "outcomes-table").body, label)) << label;
  EXPECT_TRUE(holds(by_id(figures, "outcomes-table").shows, "1 off_image"));
}

// ---- science catalogue, mass function, population

io::Table catalogue() {
  io::Table t("CATALOG");
  with(t, "selected", io::Flags{true, true, true, false, true});
  with(t, "host", io::Texts{"arc", "arc", "arc", "arc", "arc"});
  with(t, "sed_status", io::Texts{"fitted", "fitted", "fitted", "fitted", "fitted"});
  with(t, "counter_image_of",
       io::Integers{io::missing_integer, io::missing_integer, io::missing_integer, io::missing_integer, 1});
  with(t, "log_mass_msun", io::Reals{6.5, no_number, 7.5, 8.5, 7});
  with(t, "log_mass_msun_q16", io::Reals{6.4, 6.4, 7.4, 8.4, 6.9});
  with(t, "log_mass_msun_q84", io::Reals{6.6, 6.6, 7.6, 8.6, 7.1});
  with(t, "log_age_yr", io::Reals{7, 7, 8.5, 7, 7});
  with(t, "radius_pc", io::Reals{10, 20, 100, 30, 40});
  with(t, "radius_pc_err_minus", io::Reals{5, 5, 5, 5, 5});
  with(t, "radius_pc_err_plus", io::Reals{5, 5, 5, 5, 5});
  with(t, "radius_is_upper_limit", io::Flags{false, false, true, false, false});
  with(t, "support", io::Texts{"ok", "ok", "blend_risk", "low_ess", "none"});
  with(t, "p_detect", io::Reals{0.9, 0.8, 0.7, 0.05, no_number});
  with(t, "weight", io::Reals{1.1, 1.25, 1.4, 20, no_number});
  return t;
}

io::Table host_truth() {
  io::Table t("HOST_TRUTH");
  with(t, "parent_id", io::Integers{1, 1, 2, 3});
  with(t, "true_log_mass_msun", io::Reals{6.2, 6.2, 9, 7});
  with(t, "true_log_age_yr", io::Reals{7, 7, 7, 9});
  with(t, "true_log_radius_pc", io::Reals{0.5, 0.5, 1, 2.5});
  return t;
}

TEST_F(Figures, ScienceClumpsAreDrawnByKindAndTrueOnesOnce) {
  SmallRun files("science");
  files.put("science_catalog.fits", {catalogue()});
  files.put("host_truth.fits", {host_truth()});
  const std::vector<html::Figure> figures = science_figures(files.open());
  const std::string map = by_id(figures, "science-map").body;
  EXPECT_EQ(block(map, "near"), (Numbers{{6.5, 1, 0.9}}));
  EXPECT_EQ(block(map, "limits"), (Numbers{{7.5, 2, 0.7}}));
  EXPECT_EQ(block(map, "far").size(), 2U);  // few injections like it, or without p_detect
  EXPECT_EQ(block(map, "truth").size(), 3U);
  for (const char* kind : {"near", "far", "limits", "truth"}) expect_inside(map, kind);
  const Numbers histogram = block(by_id(figures, "science-p").body, "bins");
  ASSERT_EQ(histogram.size(), 10U);
  double all = 0;
  for (const auto& bin : histogram) all += bin[1];
  EXPECT_EQ(all, 4);
  EXPECT_EQ(histogram[0][1], 1);
  EXPECT_GE(axis(by_id(figures, "science-p").body, "y").second, 1);
}

io::Table chain(const std::string& name) {
  io::Table t(name);
  io::Reals beta, cutoff;
  for (int k = 0; k < 50; ++k) beta.push_back(-2 + 0.01 * k), cutoff.push_back(7 + 0.02 * k);
  with(t, "beta", beta);
  with(t, "log_cutoff_msun", cutoff);
  return t;
}

SmallRun with_masses(const std::string& name) {
  SmallRun run(name);
  run.put("science_catalog.fits", {catalogue()});
  run.put("host_truth.fits", {host_truth()});
  run.put("mass_function.fits", {chain("CHAIN_schechter")});
  run.metric("mass_function.n_clusters", 2);
  run.say("min_mass_msun", 1e6);
  return run;
}

TEST_F(Figures, TheMassFunctionCountsSelectedClustersOnce) {
  const std::vector<html::Figure> figures = mass_function_figures(with_masses("masses").open());
  ASSERT_EQ(figures.size(), 4U);  // nothing corrected
  const html::Figure counts = by_id(figures, "mass-counts");
  EXPECT_EQ(block(counts.body, "counts"), (Numbers{{6, 2}, {6.5, 2}, {6.5, 1}, {7.5, 1}, {7.5, 0}}));
  EXPECT_TRUE(holds(counts.body, "truth of the simulated host (3)"));
  EXPECT_TRUE(holds(counts.body, "Schechter, 68%"));
  EXPECT_FALSE(holds(counts.body, "power law, 68%"));  // no such chain
  EXPECT_FALSE(holds(counts.shows, "The fit used"));
  for (const char* curve : {"counts", "truth"})
    for (const auto& row : block(counts.body, curve)) {
      EXPECT_GE(row[0], axis(counts.body, "x").first);
      EXPECT_LE(row[0], axis(counts.body, "x").second);
      EXPECT_LE(row[1], axis(counts.body, "y").second);
    }
  EXPECT_EQ(block(by_id(figures, "mass-joint").body, "draws").size(), 50U);
}

TEST_F(Figures, TheMassFunctionTakesTheAgesOfTheRecipe) {
  SmallRun files = with_masses("ages");
  io::Json run = io::Json::object();
  run["recipe"]["mass_function"]["max_age_myr"] = 100;
  files.put_json("run.json", run);
  const html::Figure counts = by_id(mass_function_figures(files.open()), "mass-counts");
  EXPECT_EQ(block(counts.body, "counts"), (Numbers{{6, 1}, {6.5, 1}, {6.5, 0}}));
  EXPECT_TRUE(holds(counts.body, "truth of the simulated host (2)"));
  EXPECT_TRUE(holds(counts.shows, "younger than 100 Myr"));
  EXPECT_TRUE(holds(counts.shows, "The fit used 2 clusters, this figure 1"));
}

TEST_F(Figures, AMassFunctionOfAnEarlierRunIsNotDrawn) {
  SmallRun files("earlier");
  files.put("mass_function.fits", {chain("CHAIN_schechter")});
  const std::vector<html::Figure> figures = mass_function_figures(files.open());
  ASSERT_EQ(figures.size(), 1U);
  EXPECT_TRUE(holds(figures[0].body, "This recipe fits no mass function."));
}

io::Table relations() {
  io::Table t("RELATIONS");
  with(t, "relation", io::Texts{"size_mass", "size_mass", "size_mass"});
  with(t, "parameter", io::Texts{"intercept", "slope", "scatter_dex"});
  with(t, "median", io::Reals{1.5, 0.3, 0.2});
  with(t, "pivot", io::Reals{7, 7, 7});
  return t;
}

io::Table formation() {
  io::Table t("FORMATION");
  with(t, "log_mass_msun", io::Reals{6, 6.5, no_number, 7});
  with(t, "z", io::Reals{2, 2, 2, 3});
  with(t, "formation_redshift", io::Reals{2.5, no_number, 3, 8});
  with(t, "q16", io::Reals{2.2, no_number, 2, 5});
  with(t, "q84", io::Reals{2.9, no_number, 4, no_number});
  return t;
}

TEST_F(Figures, SizesAndFormationLeaveOutRowsWithoutNumbers) {
  SmallRun files("population");
  files.put("science_catalog.fits", {catalogue()});
  files.put("population.fits", {relations(), formation()});
  const std::vector<html::Figure> figures = population_figures(files.open());
  ASSERT_EQ(figures.size(), 2U);
  const std::string sizes = by_id(figures, "size-mass").body;
  ASSERT_EQ(block(sizes, "sizes").size(), 1U);
  EXPECT_EQ(block(sizes, "sizes")[0][0], 6.5);
  EXPECT_EQ(block(sizes, "limits"), (Numbers{{7.5, 2}}));
  expect_inside(sizes, "sizes");
  expect_inside(sizes, "limits");
  const Numbers line = block(sizes, "line");
  ASSERT_EQ(line.size(), 21U);
  EXPECT_NEAR(line[10][2], 1.5 + 0.3 * (line[10][0] - 7), 1e-6);
  const html::Figure formed = by_id(figures, "formation");
  EXPECT_EQ(block(formed.body, "clumps"), (Numbers{{6, 2.5, 2.2, 2.9, 2}, {7, 8, 5, 26, 3}}));
  expect_inside(formed.body, "clumps");
  EXPECT_TRUE(holds(formed.shows, "1&nbsp;clump older than the Universe"));
}

TEST_F(Figures, FormationIsMissingInOlderRuns) {
  SmallRun files("older");
  files.put("science_catalog.fits", {catalogue()});
  EXPECT_TRUE(population_figures(files.open()).empty());
  files.put("population.fits", {relations()});
  EXPECT_EQ(population_figures(files.open()).size(), 1U);
}

// ---- PSF, examples

TEST_F(Figures, PsfDifferencesHaveALineForEachBand) {
  SmallRun files("psf");
  io::Table t("PSF");
  with(t, "band", io::Texts{"f150w", "f150w", "f200w", "f200w"});
  with(t, "radius", io::Reals{0, 0.1, 0, 0.1});
  with(t, "analysis", io::Reals{1, 0.2, 1, 0.3});
  with(t, "injection", io::Reals{1, 0.25, 1, 0.1});
  with(t, "image", io::Reals{1, 0.2, 1, 0.3});
  EXPECT_TRUE(psf_figures(files.open()).empty());
  files.put("psf.fits", {t});
  const std::vector<html::Figure> figures = psf_figures(files.open());
  ASSERT_EQ(figures.size(), 2U);
  EXPECT_EQ(block(figures[0].body, "profiles"), (Numbers{{0, 1, 1, 1}, {0.1, 0.2, 0.25, 0.2}}));
  expect_inside(figures[0].body, "profiles");
  EXPECT_EQ(block(figures[1].body, "band0"), (Numbers{{0, 0}, {0.1, 0.05}}));
  EXPECT_EQ(block(figures[1].body, "band1"), (Numbers{{0, 0}, {0.1, -0.2}}));
  expect_inside(figures[1].body, "band1");
  EXPECT_TRUE(holds(figures[1].body, "title 'F200W'"));
}

TEST_F(Figures, ExamplesShowThreeImagesOfEachClump) {
  SmallRun files = with_injections("examples");
  io::Table t("EXAMPLES");
  with(t, "injection_id", io::Integers{3, 2, 1});
  with(t, "snr", io::Reals{8, no_number, 22});
  io::Reals data(3 * 9, 1), residual(3 * 9, 0.5);
  t.add(io::Column{"data", "", "", data, 9});
  t.add(io::Column{"residual", "", "", residual, 9});
  files.put("examples.fits", {t});
  const std::string body = example_figures(files.open()).front().body;
  std::size_t images = 0;
  for (std::size_t at = 0; (at = body.find("<img", at)) != std::string::npos; ++at) ++images;
  EXPECT_EQ(images, 6U);  // the second has no S/N
  EXPECT_TRUE(holds(body, "26.60 mag"));
  EXPECT_TRUE(holds(body, "25.50 mag"));
  EXPECT_FALSE(holds(body, "26.50 mag"));
}

// ---- comparisons

TEST_F(Figures, LensMapsHaveACellForEachPairWithANumber) {
  SmallRun files("lens");
  io::Table t("PAIRS");
  with(t, "truth_lens", io::Texts{"a", "a", "b", "b"});
  with(t, "analysis_lens", io::Texts{"a", "b", "a", "b"});
  with(t, "same_model", io::Flags{true, false, false, true});
  with(t, "log_mu_offset", io::Reals{0, no_number, -0.4, 0.01});
  with(t, "log_mu_scatter", io::Reals{0.1, 0.1, 0.2, 0.1});
  EXPECT_TRUE(lens_figures(files.open()).empty());
  files.put("lens_systematics.fits", {t});
  const std::vector<html::Figure> figures = lens_figures(files.open());
  ASSERT_EQ(figures.size(), 4U);
  const std::string mu = by_id(figures, "lens-mu").body;
  EXPECT_EQ(block(mu, "cells"), (Numbers{{0, 1, 0}, {0, 0, -0.4}, {1, 0, 0.01}}));
  expect_inside(mu, "cells");
  EXPECT_EQ(axis(mu, "cb"), std::pair(-0.4, 0.4));
  EXPECT_TRUE(holds(mu, "'\u22120.40\u2009\u00b1\u20090.20' at first 0, first 0 "));
  EXPECT_TRUE(holds(by_id(figures, "lens-mass").body, "No recovered clump has this quantity measured."));
}

io::Table template_pairs() {
  io::Table t("PAIRS");
  with(t, "truth_template", io::Texts{"a", "a", "b", "b"});
  with(t, "analysis_template", io::Texts{"a", "b", "a", "b"});
  with(t, "log_mass_msun_offset", io::Reals{0, 0.3, no_number, 0});
  with(t, "log_mass_msun_scatter", io::Reals{0.1, 0.1, 0.1, 0.1});
  return t;
}

TEST_F(Figures, TemplatesHaveLinesAlongAgeOfEnoughClumps) {
  SmallRun files("templates");
  io::Table ages("AGE");
  with(ages, "truth_template", io::Texts{"a", "a", "a", "b"});
  with(ages, "analysis_template", io::Texts{"a", "a", "a", "a"});
  with(ages, "log_age_low", io::Reals{6, 7, 8, 6});
  with(ages, "log_age_high", io::Reals{7, 8, 9, 7});
  with(ages, "n_fitted", io::Integers{10, 50, 9, 20});
  with(ages, "log_mass_msun_offset", io::Reals{no_number, 0.1, 2, -0.7});
  with(ages, "log_mass_msun_offset_err", io::Reals{0.1, 0.01, 0.1, 0.1});
  files.put("template_mismatch.fits", {template_pairs(), ages});
  const std::vector<html::Figure> figures = template_figures(files.open());
  ASSERT_EQ(figures.size(), 3U + 2 * 3);  // maps of three quantities, lines for each of two templates
  EXPECT_EQ(block(figures[0].body, "cells"), (Numbers{{0, 1, 0}, {1, 1, 0.3}, {1, 0, 0}}));
  const std::string mass = by_id(figures, "templates-mass-by-age-0").body;
  EXPECT_EQ(block(mass, "truth0"), (Numbers{{7.5, 0.1, 0.01}}));
  EXPECT_EQ(block(mass, "truth1"), (Numbers{{6.5, -0.7, 0.1}}));
  expect_inside(mass, "truth0");
  expect_inside(mass, "truth1");
}

TEST_F(Figures, TemplatesOfOlderRunsHaveNoLines) {
  SmallRun files("templates_old");
  files.put("template_mismatch.fits", {template_pairs()});
  EXPECT_EQ(template_figures(files.open()).size(), 3U);
  EXPECT_TRUE(degeneracy_figures(files.open()).empty());
}

TEST_F(Figures, AgesOfTheSameClumpStandTogetherThoughOneHasNone) {
  SmallRun files("degeneracies");
  io::Table t("CLUMPS"), d("DEGENERACY");
  with(t, "truth_template", io::Texts{"a", "a", "a", "a", "a", "a", "b"});
  with(t, "analysis_template", io::Texts{"a", "a", "a", "b", "b", "b", "b"});
  with(t, "same_template", io::Flags{true, true, true, false, false, false, true});
  with(t, "log_age_yr", io::Reals{7, no_number, 9, 6.5, 7.5, 8.5, 7});
  with(t, "true_log_age_yr", io::Reals{7.5, 8, 8.5, 7.5, 8, 8.5, 7});
  with(t, "av_mag", io::Reals{0.5, 0.5, 0.25, 0, 0, 0, 0});
  with(t, "true_av_mag", io::Reals{0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0});
  with(t, "snr", io::Reals{20, 5, no_number, 20, 5, 10, 7});
  with(d, "template", io::Texts{"b", "a"});
  with(d, "age_dust_correlation", io::Reals{0.3, -0.5});
  files.put("template_mismatch.fits", {template_pairs(), t, d});
  const std::vector<html::Figure> figures = degeneracy_figures(files.open());
  ASSERT_EQ(figures.size(), 6U);
  const html::Figure dust = by_id(figures, "degeneracy-dust-0");
  const Numbers errors = block(dust.body, "errors");
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0], (std::vector<double>{0.25, -0.5, 20}));
  EXPECT_EQ(errors[1][0], -0.25);
  EXPECT_EQ(errors[1][1], 0.5);
  expect_inside(dust.body, "errors");
  EXPECT_GT(axis(dust.body, "cb").first, 0);  // a logarithmic bar
  EXPECT_TRUE(holds(dust.shows, "fits that are too old have too little dust"));
  const std::string ages = by_id(figures, "degeneracy-ages-0").body;
  EXPECT_EQ(block(ages, "ages1"), (Numbers{{7, 6.5}, {9, 8.5}}));
  expect_inside(ages, "ages1");
}

io::Table recovered_slopes() {
  io::Table t("RECOVERY");
  with(t, "population", io::Texts{"power law -2", "Schechter", "power law -1.5"});
  with(t, "truth", io::Reals{-2, -1.8, -1.5});
  with(t, "published_bias", io::Reals{1.5, 0, no_number});
  with(t, "published_scatter", io::Reals{0.1, 0.1, 0.1});
  with(t, "stated_bias", io::Reals{-0.2, 0, 0.1});
  with(t, "bias", io::Reals{0.05, 0, -1.2});
  with(t, "scatter", io::Reals{0.1, 0.1, 0.2});
  return t;
}

TEST_F(Figures, RecoveredSlopesAreAllInTheFrame) {
  SmallRun files("recovery");
  io::Table calibration("CALIBRATION"), images("IMAGES");
  with(calibration, "probability_below", io::Reals{0.9, no_number, 0.2, 0.4});
  with(images, "truth", io::Reals{-2, -2});
  with(images, "fold", io::Integers{0, 60});
  with(images, "median", io::Reals{-2.1, -1.9});
  EXPECT_TRUE(recovery_figures(files.open()).empty());
  files.put("cmf_recovery.fits", {recovered_slopes(), calibration, images});
  const std::vector<html::Figure> figures = recovery_figures(files.open());
  ASSERT_EQ(figures.size(), 2U);
  const std::string& slope = figures[0].body;
  ASSERT_EQ(block(slope, "corrected").size(), 2U);  // power laws alone
  EXPECT_EQ(block(slope, "corrected")[1], (std::vector<double>{-1.49, -2.7, 0.2}));
  EXPECT_EQ(block(slope, "published")[0], (std::vector<double>{-2.03, -0.5, 0.1}));
  for (const char* kind : {"stated", "corrected", "through"}) expect_inside(slope, kind);
  EXPECT_LE(-0.5, axis(slope, "y").second);
  const Numbers steps = block(figures[1].body, "steps");
  ASSERT_EQ(steps.size(), 2 + 2 * 3U);  // the one without a probability is none of them
  EXPECT_NEAR(steps[2][1], 1 / 3.0 - 0.2, 1e-6);
  expect_inside(figures[1].body, "steps");
}

TEST_F(Figures, RecoveryWithoutPowerLawsSaysSo) {
  SmallRun files("schechter");
  io::Table t("RECOVERY");
  with(t, "population", io::Texts{"Schechter"});
  with(t, "truth", io::Reals{-2});
  files.put("cmf_recovery.fits", {t});
  EXPECT_TRUE(holds(recovery_figures(files.open())[0].body, "No mock is of a power law."));
}

}  // namespace
}  // namespace arcproof::reports

#include "recipes/program/campaign/lens_systematics.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "recipes/program/campaign/campaign.h"
#include "recipes/program/campaign/field_setup.h"
#include "recipes/program/campaign/metrics.h"
#include "tests/support/data.h"

#include <cmath>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::recipes {
namespace {
namespace fs = std::filesystem;

const double nan = std::nan("");

// Two fields behind two lenses: the recipe's and one with dispersions 5% higher, which is an analysis lens
// too.
const std::string two_lenses = R"({
  "name": "two",
  "bands": [{"name": "F150W"}, {"name": "F200W"}],
  "truth_lens": {"kind": "compact_cluster"},
  "analysis_lens": {"kind": "compact_cluster", "posterior_rows": 3},
  "alternative_lenses": [{"name": "High", "kind": "compact_cluster", "dispersion_factor": 1.05}],
  "fields": [{"name": "a", "z": 1.4, "x_arcsec": 2.8, "y_arcsec": 4.5},
             {"name": "b", "z": 1.4, "x_arcsec": 2.8, "y_arcsec": 4.5, "truth_lens": {"kind": "compact_cluster", "dispersion_factor": 1.05}}]
})";

Recipe read(const std::vector<Override>& overrides = {}, const std::string& text = two_lenses) {
  const fs::path folder = tests::scratch_folder("lens-systematics");
  io::write_text(folder / "recipe.json", text);
  return read_recipe(folder, overrides);
}

Complaint refusal(const std::vector<Override>& overrides) {
  try {
    check_recipe(read(overrides));
  } catch (const InputError& error) {
    return error.complaint();
  }
  ADD_FAILURE() << "accepted " << overrides.back().key << " = " << overrides.back().value;
  return {};
}

TEST(LensKeys, AreRead) {
  const Recipe r = read();
  ASSERT_EQ(r.alternative_lenses.size(), 1u);
  EXPECT_EQ(r.alternative_lenses[0].name, "High");
  EXPECT_EQ(r.alternative_lenses[0].lens.dispersion_factor, 1.05);
  EXPECT_FALSE(r.fields[0].truth_lens);
  EXPECT_EQ(r.truth_lens_of(r.fields[0]).as<lens::CompactClusterLens>()->dispersion_factor, 1);
  EXPECT_EQ(r.truth_lens_of(r.fields[1]).as<lens::CompactClusterLens>()->dispersion_factor, 1.05);
  EXPECT_TRUE(compares_lenses(r));
  const io::Json once = resolved(r);
  EXPECT_EQ(resolved(recipe_from_json(once, "resolved", ".")), once);
}

// A recipe that compares nothing has no metrics of a comparison.
TEST(LensKeys, LeaveNoTraceWhereAbsent) {
  const std::string plain = R"({"name": "plain", "bands": [{"name": "F150W"}, {"name": "F200W"}],
                                "fields": [{"name": "a", "z": 1.4}]})";
  const Recipe r = read({}, plain);
  EXPECT_FALSE(compares_lenses(r));
  EXPECT_TRUE(resolved(r).at("alternative_lenses").as_array().empty());
  EXPECT_FALSE(resolved(r).at("fields").as_array()[0].find("truth_lens"));
  EXPECT_TRUE(lens_metric_names(r).empty());
}

TEST(LensKeys, BadNamesAreRefused) {
  for (const char* name : {"", "two words", "a_b", "\u00e9", "Q16", "tangential"})
    EXPECT_EQ(refusal({{"alternative_lenses.0.name", name}}).key, "alternative_lenses[0].name") << name;
  EXPECT_EQ(refusal({{"alternative_lenses", R"([{"name": "A"}, {"name": "a"}])"}}).key,
            "alternative_lenses[1].name");
  EXPECT_EQ(refusal({{"alternative_lenses", R"([{"kind": "compact_cluster"}])"}}).key,
            "alternative_lenses[0].name");
}

TEST(LensKeys, LensesAreCheckedAsTheOthers) {
  EXPECT_EQ(refusal({{"alternative_lenses.0.kind", "lenstool"}}).key, "alternative_lenses[0] (High).par");
  EXPECT_EQ(refusal({{"alternative_lenses.0.kind", "lenstool"},
                     {"alternative_lenses.0.par", "no.par"},
                     {"alternative_lenses.0.row", "3"}})
                .key,
            "alternative_lenses[0] (High).bayes");
  EXPECT_EQ(refusal({{"alternative_lenses.0.posterior_rows", "3"}}).key,
            "alternative_lenses[0] (High).posterior_rows");
  EXPECT_EQ(refusal({{"alternative_lenses.0.kind", "mirror"}}).key, "alternative_lenses[0].kind");
  EXPECT_EQ(refusal({{"alternative_lenses.0.pra", "a"}}).key, "alternative_lenses[0].pra");
  EXPECT_EQ(refusal({{"fields.1.truth_lens.kind", "lenstool"}}).key, "fields[1] (b).truth_lens.par");
  EXPECT_NE(refusal({{"fields.1.truth_lens.kind", "lenstool"},
                     {"fields.1.truth_lens.dispersion_factor", "1"},
                     {"fields.1.truth_lens.par", "no.par"}})
                .file.find("no.par"),
            std::string::npos);
}

TEST(LensKeys, CriteriaMayAskForTheirMetrics) {
  EXPECT_NO_THROW(
      check_recipe(read({{"criteria", R"([{"metric": "systematics.worst_abs_log_mu", "max": 1}])"}})));
  EXPECT_EQ(refusal({{"criteria", R"([{"metric": "systematics.best", "max": 1}])"}}).key,
            "criteria[0].metric");
}

TEST(LensNames, TellEveryModelFromTheOthers) {
  const Recipe r = read();
  const auto analyses = analysis_lenses(r), truths = truth_lenses(r);
  ASSERT_EQ(analyses.size(), 2u);
  EXPECT_EQ(analyses[0].name, "compact_cluster");
  EXPECT_EQ(analyses[0].suffix, "");
  EXPECT_EQ(analyses[1].name, "High");
  EXPECT_EQ(analyses[1].suffix, "_high");
  ASSERT_EQ(truths.size(), 2u);
  EXPECT_EQ(truths[0].name, "compact_cluster");
  EXPECT_EQ(truths[1].name, "High");
}

TEST(LensNames, ComeFromFilesAndNumbers) {
  Recipe r = read();
  lens::LenstoolLens lenstool;
  lenstool.par = "$data/lens/ICLv1/best.par";
  r.analysis_lens.choice = lenstool;
  lenstool.row = 50;
  r.truth_lens.choice = lenstool;
  lenstool.row = -1;
  lenstool.par = "elsewhere/ICLv1/best.par";
  r.fields[1].truth_lens = LensRecipe{lenstool};
  EXPECT_EQ(analysis_lenses(r)[0].name, "ICLv1");
  EXPECT_EQ(truth_lenses(r)[0].name, "ICLv1 row 50");
  EXPECT_EQ(truth_lenses(r)[1].name, "ICLv1 (2)");
}

// ---------------------------------------------------------------- the tables, by hand

struct Injected {
  std::string field;
  double mu, mu_high;          // measured; the true one is 10
  double radius, radius_high;  // [pc]; the true one is 30
  double log_mass;             // by the main lens; the true one is 7
  bool recovered = true;
  std::string size_case = "resolved";
};

io::Table injected(const std::vector<Injected>& rows) {
  io::Texts field, size_case;
  io::Flags recovered;
  io::Reals ten, radius_true, mass_true, mu, mu_high, radius, radius_high, mass, mass_high;
  for (const Injected& r : rows) {
    field.push_back(r.field);
    size_case.push_back(r.size_case);
    recovered.push_back(r.recovered);
    ten.push_back(10);
    radius_true.push_back(30);
    mass_true.push_back(7);
    mu.push_back(r.mu);
    mu_high.push_back(r.mu_high);
    radius.push_back(r.radius);
    radius_high.push_back(r.radius_high);
    mass.push_back(r.log_mass);
    mass_high.push_back(r.log_mass - std::log10(r.mu_high / r.mu));
  }
  io::Table t("INJECTIONS");
  t.add("field", "", "", field);
  t.add("recovered", "", "", recovered);
  t.add("true_mu", "", "", ten);
  t.add("true_radius_pc", "pc", "", radius_true);
  t.add("true_log_mass_msun", "", "", mass_true);
  t.add("measured_mu", "", "", mu);
  t.add("measured_mu_high", "", "", mu_high);
  t.add("measured_radius_pc", "pc", "", radius);
  t.add("measured_radius_pc_high", "pc", "", radius_high);
  t.add("measured_log_mass_msun", "", "", mass);
  t.add("measured_log_mass_msun_high", "", "", mass_high);
  t.add("measured_size_case", "", "", size_case);
  return t;
}

const std::vector<Injected> sample = {
    {"a", 10, 20, 30, 30 / std::sqrt(2), 7},
    {"a", 100, 200, 60, 60 / std::sqrt(2), 7.3},
    {"a", 1, 2, 15, 15 / std::sqrt(2), 6.1},        // below the minimum mass of 2e6
    {"a", 10, 20, 12, 6, nan, true, "unresolved"},  // an upper limit, no SED fit
    {"a", 1e9, 1e9, 1, 1, 9, false},                // not recovered: counts nowhere
    {"a", nan, nan, nan, nan, nan},                 // no magnification
    {"b", 5, 10, 42, 30, 7.25},
};

TEST(LensPairs, HoldTheNumbersOfASampleMadeByHand) {
  const io::Table t = lens_pairs(read(), injected(sample));
  ASSERT_EQ(t.rows(), 4u);
  EXPECT_EQ(t.texts("truth_lens"), (io::Texts{"compact_cluster", "compact_cluster", "High", "High"}));
  EXPECT_EQ(t.texts("analysis_lens"), (io::Texts{"compact_cluster", "High", "compact_cluster", "High"}));
  EXPECT_EQ(t.flags("same_model"), (io::Flags{true, false, false, true}));
  EXPECT_EQ(t.integers("n_clumps"), (io::Integers{4, 4, 1, 1}));
  EXPECT_EQ(t.integers("n_resolved"), (io::Integers{3, 3, 1, 1}));
  EXPECT_EQ(t.integers("n_masses"), (io::Integers{3, 3, 1, 1}));
  // log mu - 1 of field a: 0, 1, -1, 0; by the other lens all 0.301 higher.
  const double two = std::log10(2.0);
  EXPECT_NEAR(t.reals("log_mu_offset")[0], 0, 1e-12);
  EXPECT_NEAR(t.reals("log_mu_offset")[1], two, 1e-12);
  EXPECT_NEAR(t.reals("log_mu_offset")[2], std::log10(0.5), 1e-12);
  EXPECT_NEAR(t.reals("log_mu_offset")[3], 0, 1e-12);
  // Sorted -1, 0, 0, 1; type-7 quantiles at 3 * 0.16 = 0.48 and 3 * 0.84 = 2.52: -0.52 and 0.52.
  EXPECT_NEAR(t.reals("log_mu_scatter")[0], 0.52, 1e-12);
  EXPECT_NEAR(t.reals("log_mu_scatter")[1], 0.52, 1e-12);
  // Radii over 30 pc: 1, 2, 1/2; the fourth is a limit.
  EXPECT_NEAR(t.reals("log_radius_offset")[0], 0, 1e-12);
  EXPECT_NEAR(t.reals("log_radius_offset")[1], -two / 2, 1e-12);
  // Masses: 0, 0.3, -0.9 dex; the other lens makes all of them lighter by a factor of two.
  EXPECT_NEAR(t.reals("log_mass_offset")[0], 0, 1e-12);
  EXPECT_NEAR(t.reals("log_mass_offset")[1], -two, 1e-12);
  // Surface densities: mass minus twice the radius: 0, 0.3 - 2 * 0.301, -0.9 + 2 * 0.301. A mass lighter by
  // mu over an area smaller by mu: the density stays.
  EXPECT_NEAR(t.reals("log_density_offset")[0], -0.9 + 2 * two, 1e-12);
  EXPECT_NEAR(t.reals("log_density_offset")[1], -0.9 + 2 * two, 1e-12);
}

TEST(LensFields, AreTheirOwnSamples) {
  // A third field behind the lens of the first: its clump goes into the pair, and stands alone here.
  const std::string three = R"([{"name": "a", "z": 1.4},
      {"name": "b", "z": 1.4, "truth_lens": {"kind": "compact_cluster", "dispersion_factor": 1.05}},
      {"name": "c", "z": 1.4}])";
  const Recipe recipe = read({{"fields", three}});
  std::vector<Injected> rows = sample;
  rows.push_back({"c", 1000, 10, 30, 30, 7});
  const io::Table fields = lens_fields(recipe, injected(rows)), pairs = lens_pairs(recipe, injected(rows));
  EXPECT_EQ(fields.texts("field"), (io::Texts{"a", "a", "b", "b", "c", "c"}));
  EXPECT_EQ(fields.texts("truth_lens")[2], "High");
  EXPECT_EQ(fields.integers("n_clumps"), (io::Integers{4, 4, 1, 1, 1, 1}));
  EXPECT_EQ(pairs.integers("n_clumps"), (io::Integers{5, 5, 1, 1}));
  EXPECT_NEAR(fields.reals("log_mu_offset")[4], 2, 1e-12);
  EXPECT_NEAR(fields.reals("log_mu_offset")[5], 0, 1e-12);
}

TEST(LensPairs, CountClustersWithTheirLimits) {
  const io::Table t = lens_pairs(read(), injected(sample));
  // Measured 30, 60, 15 pc and a limit of 12 pc; by the other lens 21, 42, 11 and 6 pc. True: all 30 pc.
  EXPECT_EQ(t.integers("n_clusters"), (io::Integers{2, 2, 0, 0}));
  EXPECT_EQ(t.integers("n_clusters_true"), (io::Integers{0, 0, 0, 0}));
}

TEST(LensPairs, SlopesAreThoseOfMassesAboveTheMinimum) {
  const io::Table t = lens_pairs(read(), injected(sample));
  EXPECT_EQ(t.integers("n_beta"), (io::Integers{2, 2, 1, 1}));
  EXPECT_EQ(t.integers("n_beta_true"), (io::Integers{3, 3, 1, 1}));
  // -1 - N / sum ln(M / M_min), with M_min = 2e6.
  const double ln_min = std::log(2e6), ln10 = std::log(10.0);
  const double beta = -1 - 2 / (7 * ln10 + 7.3 * ln10 - 2 * ln_min);
  EXPECT_NEAR(t.reals("beta")[0], beta, 1e-10);
  EXPECT_NEAR(t.reals("beta_err")[0], (-beta - 1) / std::sqrt(2), 1e-10);
  EXPECT_NEAR(t.reals("beta_true")[0], -1 - 1 / (7 * ln10 - ln_min), 1e-10);
}

TEST(LensPairs, MetricsAreTheWorstOfThem) {
  const io::Table t = lens_pairs(read(), injected(sample));
  validation::Metrics metrics;
  set_lens_metrics(t, metrics);
  EXPECT_EQ(*metrics.find("systematics.pairs"), 4);
  EXPECT_EQ(*metrics.find("systematics.min_clumps"), 1);
  EXPECT_NEAR(*metrics.find("systematics.worst_abs_log_mu"), std::log10(2.0), 1e-12);
  EXPECT_NEAR(*metrics.find("systematics.self_abs_log_mu"), 0, 1e-12);
  // Pair High, compact_cluster: a mass of 10^7.25; the same by the right lens: 10^6.949.
  EXPECT_NEAR(*metrics.find("systematics.worst_abs_log_mass"), std::log10(2.0), 1e-12);
  EXPECT_NEAR(*metrics.find("systematics.self_abs_log_mass"), std::log10(2.0) - 0.25, 1e-12);
  EXPECT_EQ(*metrics.find("systematics.worst_clusters"), HUGE_VAL);  // two measured, none true
  std::set<std::string> set;
  for (const auto& [name, value] : metrics.all()) set.insert(name);
  const std::vector<std::string> names = lens_metric_names(read());
  EXPECT_EQ(set, std::set<std::string>(names.begin(), names.end()));
}

TEST(LensPairs, WithoutRecoveredClumpsAreRowsWithoutNumbers) {
  const io::Table t = lens_pairs(read(), injected({{"a", 10, 20, 30, 21, 7, false}}));
  ASSERT_EQ(t.rows(), 4u);
  EXPECT_EQ(t.integers("n_clumps")[0], 0);
  EXPECT_TRUE(std::isnan(t.reals("log_mu_offset")[0]));
  EXPECT_TRUE(std::isnan(t.reals("beta")[0]));
}

TEST(LensScience, ComparesWithTheMainLens) {
  io::Table c("CATALOG");
  c.add("selected", "", "", io::Flags{true, true, true, false});
  c.add("host", "", "", io::Texts{"a", "b", "a", "a"});
  c.add("counter_image_of", "", "",
        io::Integers{io::missing_integer, io::missing_integer, 0, io::missing_integer});
  c.add("mu", "", "", io::Reals{10, 20, 5, 1});
  c.add("mu_high", "", "", io::Reals{20, 40, 5, 1});
  c.add("radius_pc", "pc", "", io::Reals{30, 10, 1, 1});
  c.add("radius_pc_high", "pc", "", io::Reals{15, 5, 1, 1});
  c.add("log_mass_msun", "", "", io::Reals{7, 6.5, 9, 9});
  c.add("log_mass_msun_high", "", "", io::Reals{7 - std::log10(2.0), 6.5 - std::log10(2.0), 9, 9});
  c.add("size_case", "", "", io::Texts{"resolved", "resolved_one_axis", "resolved", "resolved"});
  const io::Table t = lens_science(read(), c);
  ASSERT_EQ(t.rows(), 2u);
  EXPECT_EQ(t.integers("n_clumps"), (io::Integers{2, 2}));
  EXPECT_EQ(t.reals("median_mu")[0], 15);
  EXPECT_NEAR(t.reals("median_mu")[1], 30, 1e-12);
  EXPECT_EQ(t.reals("log_mu_offset")[0], 0);
  EXPECT_NEAR(t.reals("log_mu_offset")[1], std::log10(2.0), 1e-12);
  EXPECT_NEAR(t.reals("log_mass_offset")[1], -std::log10(2.0), 1e-12);
  EXPECT_EQ(t.integers("n_clusters"), (io::Integers{1, 2}));
  EXPECT_EQ(t.integers("n_beta"), (io::Integers{2, 1}));  // 10^6.199 is below 2e6
}

// ---------------------------------------------------------------- frames of different origin

// A halo at one place of the sky, in a model whose frame has its origin (east, north) arcsec from (150, 60).
void write_par(const fs::path& file, double east, double north) {
  const double dec = 60 + north / 3600, ra = 150 + east / 3600 / std::cos(60 * M_PI / 180);
  // +x is west: a halo 6" west and 2" north of (150, 60).
  io::write_text(file,
                 fmt::format("runmode\n reference 3 {:.9f} {:.9f}\n end\ngrille\n nlentille 1\n end\n"
                             "potential 1\n profil 81\n x_centre {}\n y_centre {}\n ellipticite 0.3\n "
                             "angle_pos 30\n core_radius_kpc 20\n cut_radius_kpc 800\n v_disp 800\n "
                             "z_lens 0.4\n end\ncosmology\n H0 70\n omegaM 0.3\n omegaX 0.7\n end\nfini\n",
                             ra, dec, 6 + east, 2 - north));
}

// What a field makes of its lenses must not depend on where their frames begin; the oracle goes through sky
// coordinates.
TEST(FieldLenses, OfOtherOriginsAreTheSameOnTheSky) {
  const fs::path folder = tests::scratch_folder("origins");
  write_par(folder / "near.par", 0, 0);
  write_par(folder / "far.par", 0.7, -0.4);
  io::write_text(folder / "recipe.json", R"({
    "name": "origins",
    "bands": [{"name": "F150W"}, {"name": "F200W"}],
    "truth_lens": {"kind": "lenstool", "par": "far.par"},
    "analysis_lens": {"kind": "lenstool", "par": "near.par"},
    "alternative_lenses": [{"name": "Far", "kind": "lenstool", "par": "far.par"}],
    "fields": [{"name": "a", "z": 1.4, "ra_deg": 150, "dec_deg": 60, "size_arcsec": 2}],
    "scene": {"host": {"mass_msun": 0, "clumps": 0}},
    "pipeline": {"run_sed": false, "limits": {"apertures": 20}}, "mass_function": {"run": false}
  })");
  const Recipe recipe = read_recipe(folder, {});
  const Inputs inputs = check_recipe(recipe);
  const FieldSetup field = set_up_field(recipe, inputs, 0, 1);
  const lens::LensModel& far = *inputs.truth_lens.model;
  const double d = far.efficiency(1.4);
  for (const sky::PixelPosition pixel : {sky::PixelPosition{3, 5}, {50, 50}, {90, 20}}) {
    const lens::Vector2 theta = field.frame.to_lens(pixel);
    const double expected = far.magnification(far.to_frame(*field.frame.to_sky(pixel)), 1.4).mu;
    EXPECT_NEAR(lens::magnification(field.truth_map->hessian(theta), d).mu / expected, 1, 1e-3);
    const lens::LensMap& alternative = field.analysis.alternatives.at(0).lens.map;
    EXPECT_NEAR(lens::magnification(alternative.hessian(theta), d).mu / expected, 1, 1e-3);
    // Both files say the same lens.
    EXPECT_NEAR(lens::magnification(field.analysis.lens.map.hessian(theta), d).mu / expected, 1, 1e-3);
  }
}

TEST(FieldLenses, OfOtherPlacesAreRefused) {
  const fs::path folder = tests::scratch_folder("places");
  write_par(folder / "a.par", 0, 0);
  io::write_text(folder / "recipe.json", R"({
    "name": "places", "bands": [{"name": "F150W"}, {"name": "F200W"}],
    "truth_lens": {"kind": "lenstool", "par": "a.par"}, "analysis_lens": {"kind": "lenstool", "par": "a.par"},
    "alternative_lenses": [{"name": "Elsewhere", "kind": "compact_cluster"}],
    "fields": [{"name": "a", "z": 1.4, "ra_deg": 150, "dec_deg": 60, "size_arcsec": 2}]
  })");
  try {
    check_recipe(read_recipe(folder, {}));
    ADD_FAILURE() << "accepted";
  } catch (const InputError& error) {
    EXPECT_EQ(error.complaint().key, "alternative_lenses[0] (Elsewhere)");
    EXPECT_NE(error.complaint().found.find("RA 15.0000"), std::string::npos);
  }
}

}  // namespace
}  // namespace arcproof::recipes

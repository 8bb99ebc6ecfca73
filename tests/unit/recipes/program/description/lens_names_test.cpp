#include "recipes/program/description/lens_names.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "recipes/program/campaign/campaign.h"
#include "recipes/program/campaign/products.h"
#include "recipes/program/fields/field_setup.h"
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
  EXPECT_EQ(r.alternative_lenses[0].lens.as<lens::CompactClusterLens>()->dispersion_factor, 1.05);
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
  for (const std::string& name : validation::names_of(metrics_of(r)))
    EXPECT_FALSE(name.starts_with("systematics.")) << name;
}

TEST(LensKeys, BadNamesAreRefused) {
  for (const char* name : {"", "two words", "a_b", "\u00e9", "Q16", "tangential"})
    EXPECT_EQ(refusal({{"alternative_lenses.0.name", name}}).key, "alternative_lenses[0].name") << name;
  EXPECT_EQ(refusal({{"alternative_lenses", R"([{"name": "A"}, {"name": "a"}])"}}).key,
            "alternative_lenses[1].name");
  EXPECT_EQ(refusal({{"alternative_lenses", R"([{"kind": "compact_cluster"}])"}}).key,
            "alternative_lenses[0].name");
}

// Another kind takes the place of the whole lens: keys of the kind before are refused.
TEST(LensKeys, LensesAreCheckedAsTheOthers) {
  const auto alternative = [](const std::string& keys) {
    return refusal({{"alternative_lenses", R"([{"name": "High", )" + keys + "}]"}});
  };
  EXPECT_EQ(alternative(R"("kind": "lenstool")").key, "alternative_lenses[0] (High).par");
  EXPECT_EQ(alternative(R"("kind": "lenstool", "par": "no.par", "row": 3)").key,
            "alternative_lenses[0] (High).bayes");
  EXPECT_EQ(refusal({{"alternative_lenses.0.kind", "lenstool"}}).key,
            "alternative_lenses[0].dispersion_factor");
  EXPECT_EQ(refusal({{"alternative_lenses.0.posterior_rows", "3"}}).key,
            "alternative_lenses[0] (High).posterior_rows");
  EXPECT_EQ(refusal({{"alternative_lenses.0.kind", "mirror"}}).key, "alternative_lenses[0].kind");
  EXPECT_EQ(refusal({{"alternative_lenses.0.pra", "a"}}).key, "alternative_lenses[0].pra");
  EXPECT_EQ(refusal({{"fields.1.truth_lens", R"({"kind": "lenstool"})"}}).key,
            "fields[1] (b).truth_lens.par");
  EXPECT_NE(
      refusal({{"fields.1.truth_lens", R"({"kind": "lenstool", "par": "no.par"})"}}).file.find("no.par"),
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

TEST(LensNames, SayWhichFieldLiesBehindWhich) {
  const studies::LensModelOptions options = lens_model_options(read());
  ASSERT_EQ(options.analyses.size(), 2u);
  EXPECT_EQ(options.analyses[1].suffix, "_high");
  ASSERT_EQ(options.truths.size(), 2u);
  EXPECT_EQ(options.truths[0].same_as, (std::set<std::string>{"compact_cluster"}));
  EXPECT_EQ(options.truths[1].same_as, (std::set<std::string>{"High"}));
  ASSERT_EQ(options.fields.size(), 2u);
  EXPECT_EQ(options.fields[0].truth_lens, "compact_cluster");
  EXPECT_EQ(options.fields[1].truth_lens, "High");
  EXPECT_EQ(options.min_mass_msun, 2e6);
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

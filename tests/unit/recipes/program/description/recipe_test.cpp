#include "recipes/program/description/recipe.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "tests/support/data.h"

#include <array>

#include <gtest/gtest.h>

namespace arcproof::recipes {
namespace {
namespace fs = std::filesystem;

const std::string small = R"({
  // comments are allowed
  "name": "small",
  "bands": [{"name": "F150W"}, {"name": "F200W", "depth_mag_ab": 28.5}],
  "fields": [{"name": "sky", "z": 1.4}],
  "criteria": []
})";

fs::path written(const std::string& text) {
  const fs::path folder = tests::scratch_folder("recipe");
  io::write_text(folder / "recipe.json", text);
  return folder;
}

Recipe read(const std::vector<Override>& overrides = {}) { return read_recipe(written(small), overrides); }

Complaint refusal(const std::vector<Override>& overrides) {
  try {
    read(overrides);
  } catch (const InputError& error) {
    return error.complaint();
  }
  ADD_FAILURE() << "accepted " << overrides.back().key << " = " << overrides.back().value;
  return {};
}

TEST(Recipe, ReadsWhatIsGivenAndKeepsDefaults) {
  const Recipe r = read();
  EXPECT_EQ(r.name, "small");
  ASSERT_EQ(r.bands.size(), 2u);
  EXPECT_EQ(r.bands[0].depth_mag_ab, BandRecipe{}.depth_mag_ab);
  EXPECT_EQ(r.bands[1].depth_mag_ab, 28.5);
  EXPECT_EQ(r.fields[0].z, 1.4);
  EXPECT_EQ(r.cosmology, sky::Cosmology{});
}

TEST(Recipe, FolderOrFileIsTheSame) {
  const fs::path folder = written(small);
  EXPECT_EQ(resolved(read_recipe(folder, {})), resolved(read_recipe(folder / "recipe.json", {})));
}

TEST(Recipe, MissingFileIsRefused) {
  EXPECT_THROW(read_recipe(tests::scratch_folder("no-recipe"), {}), InputError);
}

TEST(Recipe, ReferenceBandNamesTheColumnsInLowerCase) {
  const Recipe r = read({{"reference_band", "F200W"}});
  EXPECT_EQ(r.match.reference_band, "f200w");
  EXPECT_EQ(r.correction.reference_band, "f200w");
}

TEST(Recipe, MatchingKnowsThePassesThatAreSelected) {
  EXPECT_EQ(read().match.max_pass, read().pipeline.max_pass);
  EXPECT_EQ(read({{"pipeline.max_pass", "1"}}).match.max_pass, 1);
}

TEST(Recipe, UnknownKeysAreRefusedWithASuggestion) {
  const Complaint top = refusal({{"seeed", "3"}});
  EXPECT_EQ(top.key, "seeed");
  EXPECT_NE(top.found.find("'seed'"), std::string::npos);
  EXPECT_TRUE(top.file.ends_with("recipe.json"));
  const Complaint deep = refusal({{"bands.1.deph_mag_ab", "3"}});
  EXPECT_EQ(deep.key, "bands[1].deph_mag_ab");
  EXPECT_NE(deep.found.find("'depth_mag_ab'"), std::string::npos);
}

TEST(Recipe, WrongTypesAreRefusedByName) {
  EXPECT_EQ(refusal({{"seed", "many"}}).key, "seed");
  EXPECT_EQ(refusal({{"bands", "3"}}).key, "bands");
  EXPECT_EQ(refusal({{"fields.0.z", "null"}}).key, "fields[0].z");
  EXPECT_EQ(refusal({{"scene.noise", "1"}}).key, "scene.noise");
  EXPECT_EQ(refusal({{"injection.clumps", "2.5"}}).key, "injection.clumps");
}

TEST(Recipe, ValuesOutOfRangeAreRefusedByName) {
  for (const auto& [key, value, name] : std::vector<std::array<std::string, 3>>{
           {"cosmology.omega_m", "1.2", "cosmology.omega_m"},
           {"cosmology.h0_km_s_mpc", "0", "cosmology.h0_km_s_mpc"},
           {"fields.0.z", "0", "fields[0].z"},
           {"fields.0.dec_deg", "-91", "fields[0].dec_deg"},
           {"injection.realisations", "0", "injection.realisations"},
           {"population.axis_ratio", "[0.5, 1.5]", "population.axis_ratio"},
           {"scene.noise_correlation", "0.7", "scene.noise_correlation"},
           {"truth_lens.kind", "mirror", "truth_lens.kind"},
           {"bands.0.depth_sigmas", "-5", "bands[0].depth_sigmas"}}) {
    const Complaint c = refusal({{key, value}});
    EXPECT_EQ(c.key, name);
    EXPECT_FALSE(c.allowed.empty()) << key;
  }
}

TEST(Recipe, KeysWithoutADefaultAreRequired) {
  for (const char* text :
       {R"({"bands": [{"name": "F150W"}, {"name": "F200W"}], "fields": [{"name": "a", "z": 1}]})",
        R"({"name": "a", "fields": [{"name": "a", "z": 1}]})",
        R"({"name": "a", "bands": [{"name": "F150W"}, {"name": "F200W"}]})",
        R"({"name": "a", "bands": [{"name": "F150W"}, {"name": "F200W"}], "fields": [{"z": 1}]})"})
    EXPECT_THROW(recipe_from_json(io::parse_json(text, "t"), "t", "."), InputError) << text;
}

TEST(Recipe, ChecksAcrossKeys) {
  EXPECT_EQ(refusal({{"name", "two words"}}).key, "name");
  EXPECT_EQ(refusal({{"bands.1.name", "F150W"}}).key, "bands");
  EXPECT_EQ(refusal({{"reference_band", "F444W"}}).key, "reference_band");
  EXPECT_EQ(refusal({{"second_reference_band", "F444W"}}).key, "second_reference_band");
  EXPECT_EQ(refusal({{"truth_lens.kind", "lenstool"}}).key, "truth_lens.par");
  EXPECT_EQ(refusal({{"analysis_library.kind", "bc03"}}).key, "analysis_library.files");
  EXPECT_EQ(refusal({{"fields.0.x_arcsec", "1"}}).key, "fields[0] (sky)");
  EXPECT_EQ(refusal({{"fields.0.size_arcsec", "1"}}).key, "fields[0] (sky).size_arcsec");
  EXPECT_EQ(refusal({{"mass_function.walkers", "33"}}).key, "mass_function.walkers");
  EXPECT_EQ(refusal({{"mass_function.steps", "100"}, {"mass_function.burn_in", "100"}}).key,
            "mass_function.burn_in");
  EXPECT_EQ(refusal({{"mass_function.beta", "[-2, -2]"}}).key, "mass_function.beta");
  EXPECT_EQ(refusal({{"mass_function.beta", "[-0.9, 0]"}}).key, "mass_function.beta");
  EXPECT_EQ(read({{"mass_function.beta", "[-0.9, 0]"}, {"mass_function.max_mass_msun", "1e8"}})
                .mass_function.beta_low,
            -0.9);
  EXPECT_EQ(refusal({{"mass_function.log_cutoff_high", "3"}}).key, "mass_function.log_cutoff_high");
  // A run selects clumps by the errors of their redraws.
  for (const char* few : {"0", "1"})
    EXPECT_EQ(refusal({{"pipeline.photometry.redraws", few}}).key, "pipeline.photometry.redraws");
  EXPECT_EQ(refusal({{"bands.0.name", "F999W"}, {"reference_band", "F999W"}}).key, "bands[0] (F999W).psf");
}

TEST(Recipe, ReasonsNotToTrustAFitAreKnownByName) {
  const std::string key = "pipeline.photometry.reject";
  const photometry::QualityOptions given = read().pipeline.photometry.quality;
  const int trusted = photometry::quality_not_converged | photometry::quality_degenerate |
                      photometry::quality_small_size | photometry::quality_faint;
  for (const photometry::QualityBit& bit : photometry::quality_bits())
    EXPECT_EQ(given.trusts(bit.bit), (bit.bit & trusted) != 0) << bit.name;
  const Complaint typo = refusal({{key, R"(["poor_fit", "moved_a_way"])"}});
  EXPECT_EQ(typo.key, key);
  EXPECT_EQ(typo.found, "'moved_a_way'");
  for (const photometry::QualityBit& bit : photometry::quality_bits())
    EXPECT_NE(typo.allowed.find(bit.name), std::string::npos) << typo.allowed;
  EXPECT_EQ(refusal({{key, R"([""])"}}).key, key);
  EXPECT_EQ(refusal({{key, "3"}}).key, key);
  const photometry::QualityOptions some = read({{key, R"(["poor_fit"])"}}).pipeline.photometry.quality;
  EXPECT_FALSE(some.trusts(photometry::quality_poor_fit));
  EXPECT_TRUE(some.trusts(photometry::quality_moved_away));
  EXPECT_TRUE(read({{key, "[]"}}).pipeline.photometry.quality.reject.empty());
}

// Every number has both ends; a seed has one, and a criterion's limits are of any number.
void expect_limits(const io::Json& schema, const std::string& path) {
  if (const io::Json* properties = schema.find("properties"))
    for (const auto& [key, value] : properties->as_object()) expect_limits(value, path + "." + key);
  if (const io::Json* items = schema.find("items")) expect_limits(*items, path + "[]");
  const io::Json* type = schema.find("type");
  if (!type || (type->as_string() != "number" && type->as_string() != "integer")) return;
  if (path == ".seed" || path.starts_with(".criteria[]") || schema.find("enum")) return;
  EXPECT_TRUE(schema.find("minimum") || schema.find("exclusiveMinimum")) << path;
  EXPECT_TRUE(schema.find("maximum")) << path;
}
TEST(RecipeLimits, EveryNumberHasThem) { expect_limits(recipe_schema(), ""); }

TEST(RecipeLimits, AbsurdValuesAreRefusedByName) {
  for (const auto& [key, value, name] : std::vector<std::array<std::string, 3>>{
           {"injection.min_mu", "1e5", "injection.min_mu"},
           {"bands.0.depth_mag_ab", "500", "bands[0].depth_mag_ab"},
           {"bands.0.psf.pixel_scale_arcsec", "3600", "bands[0].psf.pixel_scale_arcsec"},
           {"population.mass_msun", "[1, 1e30]", "population.mass_msun"},
           {"fields.0.host.radius_arcsec", "1e9", "fields[0].host.radius_arcsec"},
           {"pipeline.photometry.group_distance_pix", "1e6", "pipeline.photometry.group_distance_pix"},
           {"mass_function.steps", "1e9", "mass_function.steps"},
           {"scene.cluster_light.angle_rad", "45", "scene.cluster_light.angle_rad"}}) {
    const Complaint c = refusal({{key, value}});
    EXPECT_EQ(c.key, name);
    EXPECT_NE(c.allowed.find("<="), std::string::npos) << c.allowed;
  }
}

TEST(RecipeLimits, MagnificationsOfAConstantLens) {
  const Override constant{"truth_lens.kind", "constant"};
  EXPECT_EQ(refusal({constant, {"truth_lens.mu_tangential", "1e5"}}).key, "truth_lens.mu_tangential");
  const Complaint c =
      refusal({constant, {"truth_lens.mu_tangential", "1000"}, {"truth_lens.mu_radial", "11"}});
  EXPECT_EQ(c.key, "truth_lens.mu_tangential");
  EXPECT_EQ(c.found, "a magnification of 1000 x 11");
  EXPECT_NE(c.allowed.find("10000"), std::string::npos) << c.allowed;
  read({constant, {"truth_lens.mu_tangential", "1000"}, {"truth_lens.mu_radial", "10"}});
}

TEST(RecipeLimits, ProductsAndPairsOfNumbers) {
  EXPECT_EQ(refusal({{"injection.realisations", "1000000"}, {"injection.clumps", "1000"}}).key,
            "injection.realisations");
  EXPECT_EQ(refusal({{"mass_function.walkers", "10000"}, {"mass_function.steps", "100000"}}).key,
            "mass_function.steps");
  EXPECT_EQ(refusal({{"pipeline.sed_grid.log_age_yr_step", "0.005"},
                     {"pipeline.sed_grid.ebv_step_mag", "0.005"},
                     {"pipeline.sed_grid.ebv_max_mag", "10"}})
                .key,
            "pipeline.sed_grid");
  EXPECT_EQ(refusal({{"pipeline.sed.min_bands", "5"}}).key, "pipeline.sed.min_bands");
  EXPECT_EQ(refusal({{"validation.match_radius_max_pix", "0.1"}}).key, "validation.match_radius_max_pix");
  EXPECT_EQ(refusal({{"scene.cluster_light.mag_ab", "1"}}).key, "scene.cluster_light.mag_ab");
  EXPECT_EQ(refusal({{"population.observed_mag_ab", "[0, 4]"}}).key, "population.observed_mag_ab");
  EXPECT_EQ(refusal({{"population.age_myr", "[13000, 14000]"}}).key, "population.age_myr");
  EXPECT_EQ(refusal({{"mass_function.beta", "[-2, -2]"}}).key, "mass_function.beta");
  EXPECT_EQ(refusal({{"mass_function.log_cutoff_high", "5"}}).key, "mass_function.log_cutoff_high");
}

// What another kind would use is not passed over in silence.
TEST(RecipeKinds, KeysOfAnotherKindAreRefused) {
  EXPECT_EQ(refusal({{"truth_lens.mu_radial", "3"}}).key, "truth_lens.mu_radial");
  EXPECT_EQ(refusal({{"truth_lens.map", "a.fits"}}).key, "truth_lens.map");
  EXPECT_EQ(refusal({{"truth_lens.map_dlsds", "1"}}).key, "truth_lens.map_dlsds");
  EXPECT_EQ(refusal({{"truth_lens.kind", "constant"}, {"truth_lens.posterior_rows", "3"}}).key,
            "truth_lens.posterior_rows");
  EXPECT_EQ(refusal({{"truth_library.files", R"(["a"])"}}).key, "truth_library.files");
  EXPECT_EQ(refusal({{"bands.0.psf.pixel_scale_arcsec", "0.02"}}).key,
            "bands[0] (F150W).psf.pixel_scale_arcsec");
  const std::string host = "fields[0].host.";
  EXPECT_EQ(refusal({{"fields.0.host.hdu", "SCI"}}).key, host + "hdu");
  EXPECT_EQ(refusal({{"fields.0.host.file", "a.reg"}}).key, host + "file");
  EXPECT_EQ(refusal({{"fields.0.host.kind", "everywhere"}, {"fields.0.host.radius_arcsec", "3"}}).key,
            host + "radius_arcsec");
  EXPECT_EQ(refusal({{"fields.0.host", R"({"kind": "mask"})"}}).key, "fields[0] (sky).host.file");
  EXPECT_EQ(refusal({{"fields.0.host", R"({"kind": "regions", "file": "a.reg", "hdu": "1"})"}}).key,
            host + "hdu");
  EXPECT_EQ(
      refusal({{"fields.0.host", R"({"kind": "mask", "file": "a.fits", "x_arcsec": 1, "y_arcsec": 1})"}}).key,
      host + "x_arcsec");
  const Complaint of_constant = refusal({{"truth_lens.mu_radial", "3"}});
  EXPECT_EQ(of_constant.found, "a key of kind constant");
  EXPECT_NE(of_constant.allowed.find("dispersion_factor"), std::string::npos) << of_constant.allowed;
}

TEST(RecipeKinds, CorrectionOfNothing) {
  EXPECT_EQ(refusal({{"mass_function", R"({"run": false, "corrected": true})"}}).key,
            "mass_function.corrected");
  const Recipe r = read({{"mass_function", R"({"run": false})"}});
  EXPECT_FALSE(r.correct_mass_function);
  EXPECT_EQ(resolved(recipe_from_json(resolved(r), "resolved", ".")), resolved(r));
}

TEST(RecipeKinds, MessagesNameTheElementOfAList) {
  const auto box = [](const std::string& blue, const std::string& red) {
    return Override{"pipeline.interloper_box",
                    R"([{"blue": "F150W", "red": "F200W", "min_mag": 0, "max_mag": 1}, {"blue": ")" + blue +
                        R"(", "red": ")" + red + R"(", "min_mag": 0, "max_mag": 1}])"};
  };
  EXPECT_EQ(refusal({box("F150W", "F444W")}).key, "pipeline.interloper_box[1].red");
  EXPECT_EQ(refusal({box("F090W", "F150W")}).key, "pipeline.interloper_box[1].blue");
  EXPECT_EQ(refusal({box("F150W", "F150W")}).key, "pipeline.interloper_box[1]");
}

TEST(MapLens, LeavesNoTraceWhereAbsent) {
  EXPECT_FALSE(resolved(read()).at("truth_lens").find("map"));
  EXPECT_TRUE(recipe_schema().at("properties").at("truth_lens").at("properties").find("map_dlsds"));
}

TEST(MapLens, LoadsBackToTheSame) {
  const Recipe r = read({{"analysis_lens",
                          R"({"kind": "map", "deflection_x": "x.fits[1]", "deflection_y": "y.fits",
                              "map_dlsds": 1, "map_sign": -1, "map_x": "east", "map_unit": "pixel",
                              "z_lens": 0.5, "posterior_deflection_x": ["a"], "posterior_deflection_y": ["b"]})"}});
  const lens::MapOptions& options = std::get<lens::MapFilesLens>(r.analysis_lens.choice).options;
  EXPECT_EQ(options.map_sign, -1);
  EXPECT_EQ(options.map_x, "east");
  EXPECT_FALSE(options.map_z);
  const io::Json once = resolved(r);
  const Recipe back = recipe_from_json(once, "resolved", ".");
  EXPECT_EQ(resolved(back), once);
  EXPECT_TRUE(same_model(back.analysis_lens, r.analysis_lens));
  Recipe other = r;
  std::get<lens::MapFilesLens>(other.analysis_lens.choice).options.map_dlsds = 0.9;
  EXPECT_FALSE(same_model(other.analysis_lens, r.analysis_lens));
}

TEST(MapLens, OnlyTheAnalysisLensHasDraws) {
  EXPECT_EQ(refusal({{"truth_lens", R"({"kind": "map", "map": "a", "posterior_maps": ["b"]})"}}).key,
            "truth_lens.posterior_maps");
  EXPECT_EQ(refusal({{"truth_lens", R"({"kind": "map", "map": "a", "map_sign": 0})"}}).key,
            "truth_lens.map_sign");
  EXPECT_EQ(refusal({{"truth_lens", R"({"kind": "map", "map": "a", "map_sign": 0.5})"}}).allowed, "-1 or 1");
}

TEST(Override, ReplacesValuesOfEveryType) {
  const Recipe r = read({{"seed", "0"},
                         {"title", "plain text, no quotes"},
                         {"scene.noise", "false"},
                         {"bands.0.depth_mag_ab", "27.25"},
                         {"population.ebv_mag", "[0.1, 0.2]"},
                         {"fields", R"([{"name": "other", "z": 2}])"}});
  EXPECT_EQ(r.seed, 0u);
  EXPECT_EQ(r.title, "plain text, no quotes");
  EXPECT_FALSE(r.scene.noise);
  EXPECT_EQ(r.bands[0].depth_mag_ab, 27.25);
  EXPECT_EQ(r.bands[1].depth_mag_ab, 28.5);
  EXPECT_EQ(r.population.ebv_mag.high, 0.2);
  EXPECT_EQ(r.fields[0].name, "other");
}

TEST(Override, LastOneWins) { EXPECT_EQ(read({{"seed", "7"}, {"seed", "8"}}).seed, 8u); }

TEST(Override, ElementsThatAreNotThereAreRefused) {
  for (const char* key :
       {"bands.2.depth_mag_ab", "bands.-1.depth_mag_ab", "bands.x.depth_mag_ab", "bands..name"}) {
    const Complaint c = refusal({{key, "28"}});
    EXPECT_EQ(c.file, "--set");
    EXPECT_EQ(c.key, key);
    EXPECT_EQ(c.allowed, "a number from 0 to 1");
  }
}

TEST(Override, ElementsOfAnEmptyListAreRefusedInWords) {
  const Complaint c = refusal({{"criteria.0.min", "1"}});
  EXPECT_EQ(c.file, "--set");
  EXPECT_EQ(c.allowed.find("18446744073709551615"), std::string::npos) << c.allowed;
}

TEST(Resolved, LoadsBackToTheSame) {
  const io::Json once = resolved(read({{"title", "a"}, {"data", "/somewhere"}}));
  EXPECT_EQ(resolved(recipe_from_json(once, "resolved", ".")), once);
}

TEST(RecipeHash, KnowsTheRecipeAndNotWhereTheDataLie) {
  const std::string hash = recipe_hash(read());
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(recipe_hash(read({{"data", "/elsewhere"}})), hash);
  EXPECT_NE(recipe_hash(read({{"seed", "2"}})), hash);
  EXPECT_NE(recipe_hash(read({{"bands.1.depth_mag_ab", "28.500001"}})), hash);
}

TEST(RecipePath, MeansTheDataFolderTheRecipesFolderOrItself) {
  const Recipe r = read({{"data", "/some/where"}});
  EXPECT_EQ(r.path("$data/psf/a.fits"), fs::path("/some/where/psf/a.fits"));
  EXPECT_EQ(r.path("/x/a.fits"), fs::path("/x/a.fits"));
  EXPECT_EQ(r.path("a.fits"), r.folder / "a.fits");
  EXPECT_TRUE(r.folder.is_absolute());
}

TEST(RecipeSchema, KnowsEveryKeyOfAResolvedRecipe) {
  const io::Json schema = recipe_schema(), full = resolved(read());
  for (const auto& [key, value] : full.as_object()) {
    const io::Json* entry = schema.at("properties").find(key);
    ASSERT_TRUE(entry) << key;
    if (!value.is_object()) continue;
    for (const auto& [inner, ignored] : value.as_object())
      EXPECT_TRUE(entry->at("properties").find(inner)) << key << "." << inner;
  }
  EXPECT_EQ(schema.at("required").as_array().size(), 3u);
}

}  // namespace
}  // namespace arcproof::recipes

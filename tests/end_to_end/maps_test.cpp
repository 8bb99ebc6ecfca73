// Maps as lenses of a recipe, against the parametric lens they were made of; and what is refused.
#include "engine/io/fits.h"
#include "engine/io/table.h"
#include "engine/lens/sources/compact_cluster.h"
#include "engine/lens/sources/map_file.h"
#include "tests/end_to_end/program.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::tests {
namespace {

namespace fs = std::filesystem;

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

const fs::path& folder() {
  static const fs::path path = scratch_folder("maps");
  return path;
}

// A map of the embedded cluster by the program itself.
fs::path cluster_map(const std::string& step, const std::string& size = "24") {
  fs::path path = folder() / ("map_" + step + "_" + size + ".fits");
  if (fs::exists(path)) return path;
  const Outcome made =
      run_program("lens-map --cluster --dlsds 1 --size " + size + " --step " + step + " -o " + quoted(path));
  if (made.exit_code != 0) throw std::runtime_error(made.output);
  return path;
}

// Deflections alone, as other makers give them: gnomonic about the cluster, two HDUs of one file.
fs::path tangential_deflections(const std::string& name, double step, double factor = 1,
                                const std::vector<std::pair<std::string, std::string>>& cards = {}) {
  const lens::LensModel model = lens::compact_cluster({});
  const int side = 2 * static_cast<int>(std::lround(12 / step)) + 1;
  const double middle = (side - 1) / 2.0;
  const sky::Wcs wcs = sky::Wcs::tangential(model.reference(), {middle, middle}, step);
  io::NamedImage x{"DX", Array2D<float>(side, side), {}}, y{"DY", Array2D<float>(side, side), {}};
  for (auto* image : {&x, &y}) {
    for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
             {"CTYPE1", "RA---TAN"},
             {"CTYPE2", "DEC--TAN"},
             {"CRVAL1", fmt::format("{:#.12g}", model.reference().ra_deg)},
             {"CRVAL2", fmt::format("{:#.12g}", model.reference().dec_deg)},
             {"CRPIX1", fmt::format("{:.1f}", middle + 1)},
             {"CRPIX2", fmt::format("{:.1f}", middle + 1)},
             {"CDELT1", fmt::format("{:#.14g}", -step / 3600)},
             {"CDELT2", fmt::format("{:#.14g}", step / 3600)}})
      image->header.add(key, value);
    for (const auto& [key, value] : cards) image->header.add(key, value);
  }
  for (int j = 0; j < side; ++j)
    for (int i = 0; i < side; ++i) {
      const lens::Vector2 alpha =
          model.deflection(model.to_frame(wcs.to_sky({static_cast<double>(i), static_cast<double>(j)})));
      x.pixels(i, j) = static_cast<float>(factor * alpha.x);
      y.pixels(i, j) = static_cast<float>(factor * alpha.y);
    }
  fs::path path = folder() / name;
  io::write_fits_images(path, {x, y});
  return path;
}

constexpr const char* analysis =
    R"("analysis_lens": { "kind": "compact_cluster", "dispersion_factor": 1.01, "posterior_rows": 5 })";

// The small recipe, two realisations, without SED fits; the analysis lens is what `keys` say, and beside it
// the model itself on a fine grid.
fs::path map_recipe(const std::string& name, const std::string& keys,
                    std::map<std::string, std::string> changes = {}) {
  changes.insert({analysis, "\"analysis_lens\": { " + keys + R"( },
    "alternative_lenses": [ { "name": "Exact", "kind": "compact_cluster" } ], "lens_map_step_arcsec": 0.01)"});
  changes.insert({R"("realisations": 6)", R"("realisations": 2)"});
  changes.insert({R"("pipeline": {)", R"("pipeline": { "run_sed": false,)"});
  changes.insert({R"("mass_function": {)", R"("mass_function": { "run": false,)"});
  return write_small_recipe(folder() / name / "recipe", changes);
}

io::Table injections_of(const fs::path& recipe) {
  const fs::path out = recipe.parent_path() / "out";
  const Outcome outcome = run_program("run -q -j1 -o " + quoted(out) + " " + quoted(recipe));
  if (outcome.exit_code != 0) throw std::runtime_error(outcome.output);
  return io::read_fits_table(out / "injections.fits");
}

std::string map_keys(const fs::path& map) { return R"("kind": "map", "map": ")" + map.string() + "\""; }

/// |mu / mu_exact - 1| / |mu| of the clumps that have a magnification: the error of mu is that of the Hessian
/// times mu^2.
struct Difference {
  double largest = 0, rms = 0;
  int clumps = 0;
};
Difference difference_from_model(const io::Table& t) {
  Difference d;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    const double mu = t.reals("measured_mu")[i], exact = t.reals("measured_mu_exact")[i];
    EXPECT_EQ(std::isnan(mu), std::isnan(exact));
    if (std::isnan(mu)) continue;
    ++d.clumps;
    const double difference = std::abs(mu / exact - 1) / exact;
    d.largest = std::max(d.largest, difference);
    d.rms += difference * difference;
  }
  d.rms = std::sqrt(d.rms / d.clumps);
  return d;
}

// The Hessian's interpolation is of second order: its error at 0.05" is a quarter of that at 0.1". Seen:
// 1.9e-5 mu at most of mu at 0.05", 1.1e-4 mu at 0.1"; rms 1.5e-5 and 7.6e-5.
TEST(Maps, MagnificationsAreTheModelsToInterpolationAccuracy) {
  const Difference fine =
      difference_from_model(injections_of(map_recipe("fine", map_keys(cluster_map("0.05")))));
  const Difference coarse =
      difference_from_model(injections_of(map_recipe("coarse", map_keys(cluster_map("0.1")))));
  EXPECT_GT(fine.clumps, 4);
  EXPECT_EQ(fine.clumps, coarse.clumps);
  EXPECT_LT(fine.largest, 4e-5);
  EXPECT_NEAR(std::log2(coarse.rms / fine.rms), 2, 0.5);
  RecordProperty("fine", fmt::format("{} {} {}", fine.largest, fine.rms, fine.clumps));
  RecordProperty("coarse", fmt::format("{} {}", coarse.largest, coarse.rms));
}

TEST(Maps, DeflectionsOfOtherMakersInTheirConventions) {
  // D_LS / D_S of z = 3 behind z = 0.4, from astropy 5.2, FlatLambdaCDM(70, 0.3): 1 - comoving_distance(0.4)
  // / comoving_distance(3) = 0.75588059.
  const fs::path file = tangential_deflections("tan.fits", 0.05, -20 * 0.7558805874);
  const std::string f = file.string();
  const fs::path recipe =
      map_recipe("tan", R"("kind": "map", "deflection_x": ")" + f + R"([DX]", "deflection_y": ")" + f +
                            R"([2]", "map_unit": "pixel", "map_z": 3, "map_sign": -1, "z_lens": 0.4)");
  const Difference d = difference_from_model(injections_of(recipe));
  EXPECT_GT(d.clumps, 4);
  EXPECT_LT(d.largest, 4e-5);
  RecordProperty("tan", fmt::format("{} {}", d.largest, d.rms));
}

// The same models as maps and as they are: the same errors of the magnification.
TEST(Maps, DrawsAreThePosterior) {
  const sky::Cosmology cosmology;
  std::string list;
  const auto written = [&](const std::string& name, const lens::LensModel& model) {
    const lens::LensMap map = lens::LensMap::compute(model, {{-12, -12}, 0.05, 481, 481});
    lens::write_map_file(folder() / name, map, model.reference(), {}, {0.4, 70, 0.3});
    return folder() / name;
  };
  const fs::path best = written("best.fits", lens::compact_cluster(cosmology, 1.01));
  const auto models = lens::compact_cluster_posterior(cosmology, 1.01, 0.02, 5, 7);
  for (std::size_t k = 0; k < models.size(); ++k)
    list += (k ? ", \"" : "\"") + written(fmt::format("draw_{}.fits", k), models[k]).string() + "\"";
  const io::Table maps =
      injections_of(map_recipe("draws", map_keys(best) + R"(, "posterior_maps": [)" + list + "]"));
  const io::Table exact =
      injections_of(map_recipe("models", R"("dispersion_factor": 1.01, "posterior_rows": 5)"));
  int compared = 0;
  for (const std::string column : {"measured_mu", "measured_mu_err_minus", "measured_mu_err_plus"})
    for (std::size_t i = 0; i < maps.rows(); ++i) {
      const double a = maps.reals(column)[i], b = exact.reals(column)[i], mu = exact.reals("measured_mu")[i];
      ASSERT_EQ(std::isnan(a), std::isnan(b));
      if (std::isnan(a)) continue;
      // A quantile is |mu| of some draw, mu + err at most; its error is 1e-4 mu^2, as above.
      const double largest = mu + exact.reals("measured_mu_err_plus")[i];
      EXPECT_NEAR(a, b, 1e-4 * largest * largest) << column;
      ++compared;
    }
  EXPECT_GT(compared, 12);
}

TEST(Maps, AreTruthAndAlternativeToo) {
  const std::string map = map_keys(cluster_map("0.05"));
  const fs::path recipe = map_recipe(
      "truth", map, {{R"("truth_lens": { "kind": "compact_cluster" })", "\"truth_lens\": { " + map + " }"}});
  const io::Table t = injections_of(recipe);
  EXPECT_GT(difference_from_model(t).clumps, 4);
  // The magnification does not see the sign of psi_xy; where images lie and how they are stretched does.
  const io::Table model = injections_of(map_recipe("truth_model", map));
  int compared = 0;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    if (!(std::abs(t.reals("true_mu")[i]) > 1)) continue;  // in cores that 0.05" do not resolve
    double nearest_arcsec = HUGE_VAL, stretch = 0;
    for (std::size_t k = 0; k < model.rows(); ++k) {
      if (model.integers("parent_id")[k] != t.integers("parent_id")[i]) continue;
      const double distance = 3600 * std::hypot(t.reals("ra")[i] - model.reals("ra")[k],
                                                t.reals("dec")[i] - model.reals("dec")[k]);
      if (distance < nearest_arcsec)
        stretch = t.reals("true_sigma_major_pix")[i] / model.reals("true_sigma_major_pix")[k];
      nearest_arcsec = std::min(nearest_arcsec, distance);
    }
    EXPECT_LT(nearest_arcsec, 1e-3) << i;
    // The stretch is 1 / (1 - kappa - gamma) along the arc: interpolation errs by up to 1e-4 mu of it, as
    // above.
    EXPECT_NEAR(stretch, 1, 1e-3 + 1e-4 * std::abs(t.reals("true_mu")[i])) << i;
    ++compared;
  }
  EXPECT_GT(compared, 4);
  EXPECT_TRUE(fs::exists(recipe.parent_path() / "out" / "lens_systematics.fits"));
  const io::Table fields =
      io::read_fits_table(recipe.parent_path() / "out" / "lens_systematics.fits", "PAIRS");
  EXPECT_EQ(fields.texts("truth_lens")[0], fields.texts("analysis_lens")[0]);
  EXPECT_EQ(fields.texts("truth_lens")[0], "map map_0.05_24.fits");
}

// The same files on the command line: HDUs in brackets, draws of the posterior.
TEST(Maps, OfCommandsAreThoseOfRecipes) {
  io::Table table("CLUMPS");
  table.add("ra", "deg", "", io::Reals{14.99922, 15.0008, 15.01});
  table.add("dec", "deg", "", io::Reals{-1.99875, -2.0009, -2});
  table.add("z", "", "", io::Reals{1.4, 2, 2});
  io::write_fits_tables(folder() / "clumps.fits", {table});
  const auto delensed = [&](const std::string& lens) {
    const fs::path out = folder() / "delensed.fits";
    const Outcome outcome = run_program("delens " + quoted(folder() / "clumps.fits") +
                                        " --pixel-scale 0.02 " + lens + " -o " + quoted(out));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return io::read_fits_table(out);
  };
  const std::string f = tangential_deflections("commands.fits", 0.05).string();
  const io::Table exact = delensed("--cluster"),
                  maps = delensed(fmt::format(
                      "--deflection-x '{0}[DX]' --deflection-y '{0}[2]' --map-dlsds 1 --z-lens 0.4 "
                      "--posterior-deflection-x '{0}[1]' --posterior-deflection-y '{0}[DY]'",
                      f));
  // A bilinear Hessian errs by step^2 / 8 times its second derivatives: at these places, 5.3" and 4.3" from
  // the centre, by 6e-5 and 8e-5 (second differences of the map), and mu by twice that times mu at most. A
  // clump that is off the map is a row that says so.
  EXPECT_EQ(maps.texts("status"), (io::Texts{"ok", "ok", "outside_map"}));
  for (const std::size_t i : {0, 1}) {
    const double mu = exact.reals("mu")[i];
    EXPECT_NEAR(maps.reals("mu")[i] / mu, 1, 1.5e-4 * mu);
    EXPECT_NEAR(maps.reals("mu_posterior_median")[i], maps.reals("mu")[i], 1e-12 * mu);
  }
  const io::Table own =
      delensed("--map " + quoted(cluster_map("0.05")) + " --posterior-map " + quoted(cluster_map("0.05")));
  EXPECT_NEAR(own.reals("mu")[0] / exact.reals("mu")[0], 1, 1.2e-4 * exact.reals("mu")[0]);
  EXPECT_TRUE(std::isfinite(own.reals("mu_posterior_plus")[0]));
}

// ---------------------------------------------------------------- what is refused

void expect_command_refused(const std::string& arguments, const std::vector<std::string>& words) {
  const fs::path out = folder() / "refused.fits";
  const Outcome outcome = run_program(arguments + " -o " + quoted(out));
  EXPECT_EQ(outcome.exit_code, 2) << outcome.output;
  for (const std::string& word : words)
    EXPECT_NE(outcome.output.find(word), std::string::npos) << "'" << word << "' in: " << outcome.output;
  EXPECT_FALSE(fs::exists(out));
}

TEST(MapsRefused, Commands) {
  const std::string at = "lens-map --cluster --z 2 --size 10 --step 0.1 --centre ";
  expect_command_refused(at + "17,-2", {"--centre", "convergence and shear below", "near RA 15.0"});
  const std::string map = quoted(cluster_map("0.05")), size = " --z 2 --size 10 --step 0.1";
  expect_command_refused("lens-map --map " + map + size + " --map-pixel-scale 0.06",
                         {"pixel scale", "0.06, as --map-pixel-scale says"});
  expect_command_refused("lens-map --map " + map + size + " --z-lens 0.5", {"ZLENS", "as --z-lens says"});
  expect_command_refused("lens-map --map " + map + size + " --posterior-map none.fits", {"none.fits"});
  expect_command_refused("lens-map --deflection-x 'a.fits[]' --deflection-y b.fits" + size,
                         {"--deflection-x", "without an HDU"});
  expect_command_refused("lens-map --cluster --posterior-map " + map + size, {"--posterior-map", "a map"});
}

TEST(MapsRefused, FieldsFarFromTheLens) {
  const fs::path recipe =
      write_small_recipe(folder() / "far" / "recipe", {{R"("x_arcsec": 2.8)", R"("x_arcsec": 30000)"}});
  const Outcome outcome = run_program("check " + quoted(recipe));
  EXPECT_EQ(outcome.exit_code, 2) << outcome.output;
  EXPECT_NE(outcome.output.find("fields[0] (arc): found a field 3e+04 arcsec"), std::string::npos)
      << outcome.output;
}

void expect_map_refused(const std::string& keys, const std::vector<std::string>& words,
                        const std::map<std::string, std::string>& changes = {}) {
  const fs::path recipe = map_recipe("refused", keys, changes);
  const fs::path out = recipe.parent_path() / "out";
  for (const std::string& command : {std::string("check "), "run -q -o " + quoted(out) + " "}) {
    const Outcome outcome = run_program(command + quoted(recipe));
    EXPECT_EQ(outcome.exit_code, 2) << outcome.output;
    for (const std::string& word : words)
      EXPECT_NE(outcome.output.find(word), std::string::npos) << "'" << word << "' in: " << outcome.output;
    EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
    EXPECT_FALSE(fs::exists(out));
  }
}

TEST(MapsRefused, HeadersThatContradictTheRecipe) {
  const std::string map = map_keys(cluster_map("0.05"));
  expect_map_refused(map + R"(, "map_pixel_scale_arcsec": 0.06)",
                     {"map_0.05_24.fits", "pixel scale", "found 0.05", "0.06", "map_pixel_scale_arcsec"});
  expect_map_refused(map + R"(, "z_lens": 0.5)", {"ZLENS", "found 0.4", "0.5, as analysis_lens.z_lens"});
  expect_map_refused(map + R"(, "map_dlsds": 0.7)", {"DLSDS", "found 1", "0.7", "analysis_lens.map_dlsds"});
  expect_map_refused(map + R"(, "map_z": 9)", {"ZSOURCE", "9, as analysis_lens.map_z"});
  expect_map_refused(map + R"(, "map_unit": "pixel")", {"DEFLUNIT", "found arcsec", "pixel"});
  expect_map_refused(map + R"(, "map_sign": -1)", {"DEFLSIGN", "found 1", "-1"});
  expect_map_refused(map + R"(, "map_x": "east")", {"XAXIS", "found west", "east"});
  expect_map_refused(map, {"OMEGAM", "found 0.3", "0.25, as cosmology.omega_m"},
                     {{R"("seed": 7)", R"("seed": 7, "cosmology": { "omega_m": 0.25 })"}});
}

TEST(MapsRefused, HeadersOfOtherMakers) {
  const auto keys = [](const std::vector<std::pair<std::string, std::string>>& cards,
                       const std::string& more = R"(, "map_dlsds": 1, "z_lens": 0.4)") {
    const std::string f = tangential_deflections("headers.fits", 0.2, 1, cards).string();
    return R"("kind": "map", "deflection_x": ")" + f + R"([DX]", "deflection_y": ")" + f + R"([DY]")" + more;
  };
  expect_map_refused(keys({{"BUNIT", "pixel"}}), {"headers.fits", "BUNIT", "found pixel", "arcsec"});
  expect_map_refused(keys({{"DLSDS", "0.7"}}), {"DLSDS", "found 0.7", "1"});
  expect_map_refused(keys({{"ZSOURCE", "9.0"}}), {"ZSOURCE", "found 9", "give the redshift instead"});
  expect_map_refused(keys({{"PIXSCALE", "0.3"}}), {"PIXSCALE", "found 0.3", "0.2"});
  expect_map_refused(keys({{"ZLENS", "0.5"}}), {"ZLENS", "found 0.5", "0.4"});
  expect_map_refused(keys({}, R"(, "map_dlsds": 1)"), {"no keyword ZLENS", "analysis_lens.z_lens"});
  expect_map_refused(keys({}, R"(, "z_lens": 0.4)"),
                     {"analysis_lens.map_dlsds", "neither it nor analysis_lens.map_z"});
  expect_map_refused(keys({}, R"(, "z_lens": 0.4, "map_z": 0.4)"), {"map_z", "above that of the lens: 0.4"});
  expect_map_refused(keys({}, R"(, "z_lens": 0.4, "map_dlsds": 1, "map_sign": -1)"),
                     {"negative mean convergence"});
}

TEST(MapsRefused, FilesThatDoNotBelongTogether) {
  const fs::path map = cluster_map("0.05");
  expect_map_refused(R"("kind": "map")", {"analysis_lens.map", "nothing"});
  expect_map_refused(map_keys(map) + R"(, "deflection_x": "a.fits")", {"a.fits"});
  expect_map_refused(map_keys(map) + R"(, "posterior_rows": 3)", {"posterior_rows", "posterior_maps"});
  expect_map_refused(map_keys(folder() / "none.fits"), {"none.fits"});
  expect_map_refused(map_keys(map) + R"(, "posterior_maps": [")" + cluster_map("0.1").string() + "\"]",
                     {"map_0.1_24.fits", "draw of the posterior", "241 x 241", "481 x 481"});
  std::ofstream(folder() / "text.fits") << "no map\n";
  expect_map_refused(map_keys(map) + R"(, "posterior_maps": [")" + (folder() / "text.fits").string() + "\"]",
                     {"text.fits"});
}

TEST(MapsRefused, MapsThatDoNotCoverTheField) {
  // The field's image reaches 5.3" to the west and 7" to the north.
  expect_map_refused(map_keys(cluster_map("0.05", "13")), {"map_0.05_13.fits", "analysis_lens", "ends before",
                                                           "covers the image of fields[0] (arc)"});
  const std::string f = tangential_deflections("cover.fits", 0.1).string();
  expect_map_refused(R"("kind": "map", "map_dlsds": 1, "z_lens": 0.4, "deflection_x": ")" + f +
                         R"([DX]", "deflection_y": ")" + f + R"([DY]")",
                     {"cover.fits", "ends before"},
                     {{R"("x_arcsec": 2.8, "y_arcsec": 4.5)", R"("x_arcsec": 2.8, "y_arcsec": 11)"}});
}

TEST(MapsRefused, SourcesInFrontOfTheLens) {
  for (const char* z : {"0.4", "0.2"})
    expect_map_refused(map_keys(cluster_map("0.05")),
                       {"fields[0] (arc).z", std::string("found ") + z, "behind the lens at 0.4"},
                       {{R"("z": 1.4)", std::string("\"z\": ") + z}});
}

// A map written for one redshift is for every other.
TEST(Maps, NormalisationIsTakenFromTheHeader) {
  const fs::path path = folder() / "z2.fits";
  const Outcome made = run_program("lens-map --cluster --z 2 --size 24 --step 0.05 -o " + quoted(path));
  ASSERT_EQ(made.exit_code, 0) << made.output;
  const Difference d =
      difference_from_model(injections_of(map_recipe("z2", map_keys(path) + R"(, "map_z": 2)")));
  EXPECT_GT(d.clumps, 4);
  EXPECT_LT(d.largest, 4e-5);
}

}  // namespace
}  // namespace arcproof::tests

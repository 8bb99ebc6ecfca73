// What the program says of recipes and inputs that cannot be.
#include "engine/io/fits.h"
#include "tests/end_to_end/mosaics.h"
#include "tests/end_to_end/program.h"
#include "tests/support/data.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof::tests {
namespace {

namespace fs = std::filesystem;

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

// Both `check` and `run` must refuse with exit code 2 and one line that holds all of `words`; nothing is
// written.
void expect_refused(const fs::path& folder, const std::vector<std::string>& words,
                    const std::string& arguments = "") {
  const fs::path out = folder / "out";
  for (const std::string& command : {std::string("check "), "run -q -o " + quoted(out) + " "}) {
    const Outcome outcome = run_program(command + arguments + " " + quoted(folder / "recipe"));
    EXPECT_EQ(outcome.exit_code, 2) << command << outcome.output;
    for (const std::string& word : words)
      EXPECT_NE(outcome.output.find(word), std::string::npos) << "'" << word << "' in: " << outcome.output;
    EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
    EXPECT_FALSE(fs::exists(out));
  }
}

io::NamedImage image(const std::string& name, int width, int height, float value) {
  io::NamedImage result;
  result.name = name;
  result.pixels = Array2D<float>(width, height, value);
  return result;
}

// Exposures of 64 x 64 pixels in each band of the small recipe; band `odd` takes another size or value.
fs::path write_exposure_recipe(const fs::path& folder, const std::string& odd = "", int size = 64,
                               float value = 0.5F, const std::string& hdu = "SCI") {
  std::string list;
  for (const std::string band : {"F090W", "F150W", "F200W", "F277W", "F444W"}) {
    const bool is_odd = band == odd;
    io::NamedImage science = image("SCI", is_odd ? size : 64, is_odd ? size : 64, is_odd ? value : 0.5F);
    io::NamedImage error = image("ERR", is_odd ? size : 64, is_odd ? size : 64, 0.1F);
    for (io::NamedImage* one : {&science, &error}) {
      one->header.add("BUNIT", "nJy");
      one->header.add("PIXSCALE", "0.02");
    }
    fs::create_directories(folder / "recipe");
    io::write_fits_images(folder / "recipe" / (band + ".fits"), {science, error});
    list += (list.empty() ? "" : ", ") + std::string("{ \"band\": \"") + band + "\", \"file\": \"" + band +
            ".fits\", \"science_hdu\": \"" + (is_odd ? hdu : "SCI") + "\", \"error_hdu\": \"ERR\" }";
  }
  write_small_recipe(
      folder / "recipe",
      {{R"("truth_lens": { "kind": "compact_cluster" })", R"("truth_lens": { "kind": "constant" })"},
       {R"("analysis_lens": { "kind": "compact_cluster", "dispersion_factor": 1.01, "posterior_rows": 5 })",
        R"("analysis_lens": { "kind": "constant" })"},
       {R"("x_arcsec": 2.8, "y_arcsec": 4.5, "size_arcsec": 5,)", "\"exposures\": [" + list + "],"}});
  return folder;
}

TEST(BadInput, MissingFitsFile) {
  const fs::path folder = write_exposure_recipe(scratch_folder("missing-file"));
  fs::remove(folder / "recipe" / "F200W.fits");
  expect_refused(folder, {"F200W.fits", "exposures"});
}

TEST(BadInput, TruncatedFitsFile) {
  const fs::path folder = write_exposure_recipe(scratch_folder("truncated-file"));
  fs::resize_file(folder / "recipe" / "F200W.fits", 2880 * 3);
  expect_refused(folder, {"F200W.fits"});
}

TEST(BadInput, WrongHdu) {
  const fs::path folder = write_exposure_recipe(scratch_folder("wrong-hdu"), "F200W", 64, 0.5F, "SCIENCE");
  expect_refused(folder, {"F200W.fits", "SCIENCE", "SCI"});
}

TEST(BadInput, ImagesOfDifferentShapes) {
  const fs::path folder = write_exposure_recipe(scratch_folder("shapes"), "F200W", 60);
  expect_refused(folder, {"F200W", "60 x 60", "64 x 64"});
}

TEST(BadInput, ImagesThatShareNoSky) {
  const fs::path folder = write_exposure_recipe(scratch_folder("no-common-sky"));
  const Grid grid{64, 0.02};
  for (const auto& [band, ra_deg] : {std::pair{"F090W.fits", "110.8250"}, {"F200W.fits", "290.8250"}})
    write_mosaic(folder / "recipe" / band, Array2D<float>(64, 64, 0.5F), 0.1, header_of(grid, ra_deg));
  expect_refused(folder, {"F200W", "no sky in common with F090W"});
}

TEST(BadInput, ImageOfNothingButNan) {
  const fs::path folder =
      write_exposure_recipe(scratch_folder("nan-only"), "F200W", 64, std::numeric_limits<float>::quiet_NaN());
  expect_refused(folder, {"F200W.fits", "SCI"});
}

TEST(BadInput, PsfOfZeroSum) {
  const fs::path folder = scratch_folder("zero-psf");
  write_small_recipe(folder / "recipe",
                     {{R"("name": "F200W", )",
                       R"("name": "F200W", "psf": { "file": "psf.fits", "pixel_scale_arcsec": 0.02 }, )"}});
  io::write_fits_images(folder / "recipe" / "psf.fits", {image("PSF", 41, 41, 0.0F)});
  expect_refused(folder, {"psf.fits", "sum"});
}

TEST(BadInput, LensWithAnUnknownProfile) {
  const fs::path folder = scratch_folder("unknown-profile");
  write_small_recipe(folder / "recipe", {{R"("truth_lens": { "kind": "compact_cluster" })",
                                          R"("truth_lens": { "kind": "lenstool", "par": "best.par" })"}});
  std::ofstream(folder / "recipe" / "best.par")
      << "runmode\n reference 3 110.8 -73.45\n end\ngrille\n nlentille 1\n end\npotential 1\n profil 999\n "
         "x_centre 0\n"
         " y_centre 0\n v_disp 800\n z_lens 0.4\n end\ncosmology\n H0 70\n omegaM 0.3\n omegaX 0.7\n "
         "end\nfini\n";
  expect_refused(folder, {"best.par", "999", "81"});
}

TEST(BadInput, MistypedKey) {
  const fs::path folder = scratch_folder("mistyped-key");
  write_small_recipe(folder / "recipe", {{R"("injection": {)", R"("injektion": {)"}});
  expect_refused(folder, {"recipe.json", "injektion", "injection"});
}

TEST(BadInput, NegativeRedshift) {
  const fs::path folder = scratch_folder("negative-redshift");
  write_small_recipe(folder / "recipe", {{R"("z": 1.4)", R"("z": -1.4)"}});
  expect_refused(folder, {"recipe.json", "z", "-1.4"});
}

TEST(BadInput, RedshiftInFrontOfTheLens) {
  const fs::path folder = scratch_folder("in-front");
  write_small_recipe(folder / "recipe", {{R"("z": 1.4)", R"("z": 0.3)"}});
  expect_refused(folder, {"recipe.json", "0.3", "behind the lens"});
}

TEST(BadInput, BandWithoutPsf) {
  const fs::path folder = scratch_folder("no-psf");
  write_small_recipe(folder / "recipe", {{R"("name": "F277W")", R"("name": "F999W")"}});
  expect_refused(folder, {"recipe.json", "F999W", "PSF"});
}

TEST(BadInput, BandWithoutFilter) {
  const fs::path folder = scratch_folder("no-filter");
  write_small_recipe(folder / "recipe",
                     {{R"("name": "F277W", )",
                       R"("name": "F999W", "psf": { "file": "psf.fits", "pixel_scale_arcsec": 0.02 }, )"}});
  io::write_fits_images(folder / "recipe" / "psf.fits", {image("PSF", 41, 41, 1.0F)});
  expect_refused(folder, {"recipe.json", "F999W", "filter"});
}

TEST(BadInput, InterloperColourOfAnUnknownBand) {
  const fs::path folder = scratch_folder("interloper-band");
  write_small_recipe(folder / "recipe", {{R"("pipeline": {)", R"("pipeline": { "interloper_box": [
        { "blue": "F150W", "red": "F356W", "min_mag": -1, "max_mag": 0 } ],)"}});
  expect_refused(folder, {"interloper_box", "F356W", "F444W"});
}

TEST(BadInput, HostDrawnOnASimulatedSky) {
  const fs::path folder = scratch_folder("drawn-host");
  write_small_recipe(folder / "recipe", {{R"("kind": "source_disc", "radius_arcsec": 0.3)",
                                          R"("kind": "regions", "file": "host.reg")"}});
  expect_refused(folder, {"host.kind", "simulated"});
}

TEST(BadInput, OverridesWithoutAKeyOrGivenTwice) {
  const fs::path folder = scratch_folder("overrides");
  fs::create_directories(folder / "recipe");
  write_small_recipe(folder / "recipe", {});
  expect_refused(folder, {"--set", "=5", "an empty key"}, "--set =5");
  expect_refused(folder, {"--set", "seed", "given twice"}, "--set seed=1 --set seed=2");
  expect_refused(folder, {"seed", "an integer >= 0 and below 2^63"}, "--set seed=18446744073709551616");
  expect_refused(folder, {"pipeline.photometry.reject", "'poor_fit' twice"},
                 R"(--set 'pipeline.photometry.reject=["poor_fit","poor_fit"]')");
}

TEST(BadInput, MergeIntoAShard) {
  const fs::path folder = scratch_folder("merge-into-a-shard");
  fs::create_directories(folder / "1");
  const Outcome outcome =
      run_program("merge -q " + quoted(folder / "1") + " " + quoted(folder / "2" / ".." / "1"));
  EXPECT_EQ(outcome.exit_code, 2) << outcome.output;
  EXPECT_NE(outcome.output.find("one of the shards"), std::string::npos) << outcome.output;
  EXPECT_TRUE(fs::is_empty(folder / "1"));
}

TEST(BadInput, OverrideOfAnUnknownKey) {
  const fs::path folder = scratch_folder("bad-override");
  write_small_recipe(folder / "recipe");
  expect_refused(folder, {"sed_grit"}, "--set pipeline.sed_grit=1");
}

TEST(BadInput, CriterionOnANumberThatNoRunSets) {
  const fs::path folder = scratch_folder("unknown-metric");
  write_small_recipe(folder / "recipe",
                     {{R"("injection": {)", R"("criteria": [ { "metric": "bias.mag_f150w.bais", "max": 1 } ],
  "injection": {)"}});
  expect_refused(folder, {"recipe.json", "criteria[0].metric", "bias.mag_f150w.bais"});
}

TEST(BadInput, MetallicityOutsideTheLibrary) {
  const fs::path folder = scratch_folder("metallicity");
  write_small_recipe(folder / "recipe");
  expect_refused(folder, {"recipe.json", "population.metallicity", "Z = 0.09", "analytic"},
                 "--set population.metallicity='[0.004, 0.09]'");
}

TEST(BadInput, DataFolderNotGiven) {
  const fs::path folder = scratch_folder("no-data");
  write_small_recipe(folder / "recipe",
                     {{R"("name": "F277W", )", R"("name": "F277W", "filter": "$data/filters/x.txt", )"}});
  unsetenv("ARCPROOF_DATA");
  expect_refused(folder, {"$data/filters/x.txt", "--set data"});
}

TEST(BadInput, OutputFolderThatHoldsOtherThings) {
  const fs::path folder = scratch_folder("other-things");
  write_small_recipe(folder / "recipe");
  fs::create_directories(folder / "out");
  std::ofstream(folder / "out" / "thesis.tex") << "years of work";
  const Outcome outcome =
      run_program("run -q -o " + quoted(folder / "out") + " " + quoted(folder / "recipe"));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_TRUE(fs::exists(folder / "out" / "thesis.tex"));
  EXPECT_FALSE(fs::exists(folder / "out" / "run.json"));
}

}  // namespace
}  // namespace arcproof::tests

// The truth-substitution ladder is put to the test: a fault planted in one stage of the analysis is named by the
// rung of that stage, and from there on nothing is biased.
//
// Each run: seed 7, four realisations of eight clumps of 24 to 26 mag, of which some thirty are recovered; 300
// bootstrap samples tell the errors to 4%. Of the six rungs' changes without a fault none is to reach 4.5 sigma:
// false alarm 7e-6 a rung.
#include "validation/studies/ladder.h"

#include "engine/io/fits.h"
#include "engine/io/json.h"
#include "engine/io/table.h"
#include "engine/sky/cosmology.h"
#include "engine/sky/psf.h"
#include "tests/end_to_end/program.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace arcproof::tests {
namespace {

namespace fs = std::filesystem;

constexpr double no_fault_sigmas = 4.5;

using Changes = std::map<std::string, std::string>;

// A lens of one magnification, which both know.
const Changes constant_lens = {
    {R"({ "kind": "compact_cluster" })",
     R"({ "kind": "constant", "mu_tangential": 3, "mu_radial": 1.3, "angle_deg": 30 })"},
    {R"({ "kind": "compact_cluster", "dispersion_factor": 1.01, "posterior_rows": 5 })",
     R"({ "kind": "constant", "mu_tangential": 3, "mu_radial": 1.3, "angle_deg": 30 })"},
    {R"("x_arcsec": 2.8, "y_arcsec": 4.5, )", ""},
    {R"({ "kind": "source_disc", "radius_arcsec": 0.3 })", R"({ "kind": "circle", "radius_arcsec": 2 })"}};

Changes with(Changes all, const Changes& more) {
  for (const auto& change : more) all.insert(change);
  return all;
}

// The output folder of a run with a ladder.
fs::path run(const std::string& name, const Changes& changes, const std::string& options = "") {
  const fs::path folder = scratch_folder("ladder-" + name);
  Changes all = changes;
  all.emplace(R"("injection": { "realisations": 6, "clumps": 4 })",
              R"("injection": { "realisations": 4, "clumps": 8 })");
  all.emplace(R"("validation": { "leaf": 8 })",
              R"("validation": { "ladder": true, "control_area_arcsec2": 0 })");
  all.emplace(R"("mass_function": { "steps": 60, "burn_in": 20, "ensembles": 2, "bootstraps": 10, )"
              R"("min_mass_msun": 1e5, "max_age_myr": 3000 })",
              R"("mass_function": { "run": false }, "population": { "observed_mag_ab": [24, 26], )"
              R"("ebv_mag": [0.2, 0.5] })");
  write_small_recipe(folder / "recipe", all);
  const Outcome outcome = run_program("run -q -j1 " + options + " -o '" + (folder / "out").string() + "' '" +
                                      (folder / "recipe").string() + "'");
  if (outcome.exit_code != 0) throw std::runtime_error(outcome.output);
  return folder / "out";
}

/// Table LADDER of one quantity, by rung.
struct Rungs {
  std::vector<double> bias, bias_err, scatter, change, change_err, coverage;
  std::int64_t n = 0;

  Rungs(const fs::path& output, const std::string& quantity) {
    const io::Table table = io::read_fits_table(output / "ladder.fits", "LADDER");
    for (std::size_t i = 0; i < table.rows(); ++i) {
      if (table.texts("quantity")[i] != quantity) continue;
      n = table.integers("n")[i];
      for (auto& [to, column] : std::initializer_list<std::pair<std::vector<double>*, const char*>>{
               {&bias, "bias"},
               {&bias_err, "bias_err"},
               {&scatter, "scatter"},
               {&change, "bias_change"},
               {&change_err, "bias_change_err"},
               {&coverage, "coverage_68"}})
        to->push_back(table.reals(column)[i]);
      std::printf("%-14s %-16s n %2d bias %+.4f +- %.4f change %+.4f +- %.4f\n", quantity.c_str(),
                  table.texts("name")[i].c_str(), static_cast<int>(n), bias.back(), bias_err.back(),
                  change.back(), change_err.back());
    }
  }
  // Of the change at a rung; 0 where nothing changes.
  double sigmas(std::size_t rung) const {
    return change[rung] == 0 ? 0 : std::abs(change[rung]) / std::max(change_err[rung], 1e-6);
  }
};

// The change at `rung` exceeds `least` sigma and twice that of any other; later ones are no news, and leave no more
// bias than the grid's steps (0.05 dex in age, 0.05 mag in E(B-V)) may.
void expect_named(const Rungs& rungs, std::size_t rung, double least) {
  constexpr double grid_dex = 0.02;
  ASSERT_GE(rungs.n, 10);
  EXPECT_GT(rungs.sigmas(rung), least);
  for (std::size_t other = 1; other < studies::ladder_rungs.size(); ++other)
    if (other != rung) {
      EXPECT_LT(2 * rungs.sigmas(other), rungs.sigmas(rung)) << studies::ladder_rungs[other];
    }
  EXPECT_GT(std::abs(rungs.bias[rung - 1]), 2 * std::abs(rungs.bias[rung]));
  for (std::size_t later = rung; later < studies::ladder_rungs.size(); ++later)
    EXPECT_LT(std::abs(rungs.bias[later]), no_fault_sigmas * rungs.bias_err[later] + grid_dex)
        << studies::ladder_rungs[later];
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Ladder, NamesAWrongLens) {
  const fs::path out =
      run("lens", {{R"("dispersion_factor": 1.01)", R"("dispersion_factor": 1.06)"},
                   {R"("x_arcsec": 2.8, "y_arcsec": 4.5)", R"("x_arcsec": 6, "y_arcsec": 7)"}});
  expect_named(Rungs(out, "log_mass_msun"), studies::rung_magnification, 8);
  // The magnification is not seen in what is measured on the sky.
  EXPECT_EQ(Rungs(out, "mag").sigmas(studies::rung_magnification), 0);
  EXPECT_NE(text_of(out / "report.html").find("goes with the <b>true magnification</b>"), std::string::npos);
}

// The PSF of the analysis is 20% wider than that of the injections, in the reference band.
TEST(Ladder, NamesAWrongPsf) {
  const sky::Psf psf = sky::Psf::parametric("F150W", 0.02);
  Array2D<float> image(psf.image().width(), psf.image().height());
  for (std::size_t i = 0; i < image.size(); ++i) image.data()[i] = static_cast<float>(psf.image().data()[i]);
  const fs::path file = scratch_folder("ladder-psf-file") / "psf.fits";
  io::write_fits_images(file, {{"PSF", image, {}}});
  const fs::path out =
      run("psf", with(constant_lens, {{R"("name": "F150W", )",
                                       R"("name": "F150W", "psf": { "file": ")" + file.string() +
                                           R"(", "pixel_scale_arcsec": 0.024 }, "injection_psf": {}, )"}}));
  // At the true shape a wider PSF gathers more light than there is: the magnitude is wrong until it is given.
  const Rungs mag(out, "mag"), radius(out, "log_radius_pc");
  expect_named(mag, studies::rung_fluxes, 20);
  EXPECT_LT(mag.bias[studies::rung_shape], -0.1);
  // Sizes come out too small, until they are given.
  EXPECT_LT(radius.bias[0], -0.03);
  EXPECT_GT(radius.sigmas(studies::rung_shape), radius.sigmas(studies::rung_position));
  EXPECT_NEAR(radius.bias[studies::rung_shape], 0, 1e-6);
}

TEST(Ladder, NamesAWrongDustLaw) {
  const fs::path out =
      run("dust",
          with(constant_lens,
               {{R"("truth_lens")", R"("truth_sed": { "attenuation": "gordon2003_smc" }, "truth_lens")"}}));
  expect_named(Rungs(out, "log_mass_msun"), studies::rung_metallicity_dust, 4.5);
}

// Sizes know the redshift by the angular scale alone, known from the cosmology.
TEST(Ladder, NamesAWrongRedshift) {
  const fs::path out =
      run("redshift", with(constant_lens, {{R"("z": 1.4,)", R"("z": 1.4, "analysis_z": 1.6,)"}}));
  const Rungs radius(out, "log_radius_pc"), mass(out, "log_mass_msun");
  const sky::Cosmology cosmology;
  const double expected = std::log10(cosmology.kpc_per_arcsec(1.4) / cosmology.kpc_per_arcsec(1.6));
  ASSERT_GT(std::abs(expected), 0.001);
  EXPECT_NEAR(radius.change[studies::rung_redshift], expected, 1e-6);
  EXPECT_NEAR(radius.bias[studies::rung_redshift], 0, 1e-6);
  // Spectra at a wrong redshift scatter the masses.
  EXPECT_GT(mass.scatter[studies::rung_magnification], 3 * mass.scatter[studies::rung_redshift]);
  EXPECT_LT(std::abs(mass.bias[studies::rung_redshift]),
            no_fault_sigmas * mass.bias_err[studies::rung_redshift] + 0.02);
}

// Populations that are models of the grid: with everything at the truth the fit must find them, and their mass.
// Between the nodes (the runs above) it is known to the grid's steps.
TEST(Ladder, TopRungIsExactOnTheGrid) {
  const fs::path out = run("grid", constant_lens,
                           "--set 'population.ebv_mag=[0.25,0.25]' --set 'population.age_myr=[100,100]'");
  const io::Table rows = io::read_fits_table(out / "ladder.fits", "LADDER_ROWS");
  const std::int64_t top = studies::rung_metallicity_dust;
  int n = 0;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (rows.integers("rung")[i] != top) continue;
    ++n;
    EXPECT_NEAR(rows.reals("log_mass_msun")[i], rows.reals("true_log_mass_msun")[i], 1e-6);
    EXPECT_NEAR(rows.reals("log_age_yr")[i], rows.reals("true_log_age_yr")[i], 1e-6);
    EXPECT_NEAR(rows.reals("mu")[i], 3.9, 0.01);
  }
  EXPECT_GE(n, 20);
  // All rungs of a clump, and only of those that count as found.
  const io::Table injections = io::read_fits_table(out / "injections.fits");
  const auto recovered =
      std::count(injections.flags("recovered").begin(), injections.flags("recovered").end(), true);
  EXPECT_EQ(recovered, n);
  EXPECT_EQ(rows.rows(), static_cast<std::size_t>(n) * studies::ladder_rungs.size());
  // Rung 0 is the measurement itself.
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (rows.integers("rung")[i] != 0) continue;
    const auto& ids = injections.integers("injection_id");
    const auto at = static_cast<std::size_t>(
        std::find(ids.begin(), ids.end(), rows.integers("injection_id")[i]) - ids.begin());
    EXPECT_EQ(rows.reals("log_mass_msun")[i], injections.reals("measured_log_mass_msun")[at]);
    EXPECT_EQ(rows.reals("mag")[i], injections.reals("measured_mag_f150w")[at]);
  }
}

TEST(Ladder, DoesNotDependOnHowTheWorkIsCut) {
  const fs::path folder = scratch_folder("ladder-shards"),
                 recipe = write_small_recipe(
                     folder / "recipe",
                     {{R"("injection": { "realisations": 6, "clumps": 4 })",
                       R"("injection": { "realisations": 2, "clumps": 4 })"},
                      {R"("mass_function": { "steps")", R"("mass_function": { "run": false, "steps")"},
                      {R"("validation": { "leaf": 8 })",
                       R"("validation": { "ladder": true, "control_area_arcsec2": 0 })"}});
  const auto command = [&](const std::string& arguments) {
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  };
  const auto path = [&](const char* name) { return "'" + (folder / name).string() + "'"; };
  command("run -q -j1 -o " + path("whole") + " " + path("recipe"));
  for (const char* shard : {"1", "2"})
    command(std::string("run -q -j1 --shard ") + shard + "/2 -o " + path(shard) + " " + path("recipe"));
  command("merge " + path("merged") + " " + path("2") + " " + path("1"));
  const auto whole = product_hashes(folder / "whole");
  ASSERT_TRUE(whole.contains("ladder.fits"));
  EXPECT_EQ(product_hashes(folder / "merged"), whole);
  // A part that was lost is made again.
  fs::remove(folder / "whole" / "parts" / "realisation-000001.fits");
  command("run -q -j1 --resume -o " + path("whole") + " " + path("recipe"));
  EXPECT_EQ(product_hashes(folder / "whole"), whole);
  EXPECT_EQ(
      io::read_fits_table(folder / "whole" / "parts" / "realisation-000000.fits", "LADDER_ROWS").rows() %
          studies::ladder_rungs.size(),
      0U);
}

}  // namespace
}  // namespace arcproof::tests

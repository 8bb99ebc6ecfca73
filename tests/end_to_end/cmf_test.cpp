// The command cmf: on mock catalogues whose selection is known, and on the tables of a run.
#include "engine/core/hash.h"
#include "engine/core/random.h"
#include "engine/io/ecsv.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "engine/population/corrected.h"
#include "tests/end_to_end/program.h"
#include "tests/support/data.h"

#include <cmath>
#include <functional>
#include <limits>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::tests {
namespace {

namespace fs = std::filesystem;

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

constexpr double error_dex = 0.2, true_beta = -2;

// Measured with an error; found by what was measured, half of them at 10^7 Msun.
struct Measured {
  double log_mass;
  bool found;
};
Measured observe(double log_mass, Random& random) {
  const double measured = log_mass + error_dex * random.normal();
  return {measured, random.uniform() < 1 / (1 + std::exp((7 - measured) / 0.2))};
}

io::Table catalogue(int count) {
  Random random({20260712, "cmf catalogue"});
  io::Reals mass, age;
  while (static_cast<int>(mass.size()) < count)
    for (const double m :
         population::draw_masses(population::MassFunctionModel::power_law, true_beta, 0, 1e5, 64, random)) {
      const Measured one = observe(std::log10(m), random);
      if (!one.found || static_cast<int>(mass.size()) == count) continue;
      mass.push_back(one.log_mass);
      age.push_back(7 + 0.1 * random.uniform());
    }
  io::Table table("CATALOG");
  table.add("flux_f150w", "nJy", "", io::Reals(mass.size(), 10));
  table.add("flux_f150w_err", "nJy", "", io::Reals(mass.size(), 1));
  table.add("log_mass_msun", "", "", mass);
  table.add("log_mass_msun_err", "", "", io::Reals(mass.size(), error_dex));
  table.add("log_age_yr", "", "", age);
  return table;
}

io::Table injections(int count) {
  Random random({20260712, "cmf injections"});
  io::Integers id;
  io::Reals truth, measured;
  io::Flags recovered;
  for (int i = 0; i < count; ++i) {
    id.push_back(i);
    truth.push_back(random.uniform(5, 11));
    const Measured one = observe(truth.back(), random);
    measured.push_back(one.log_mass);
    recovered.push_back(one.found);
  }
  io::Table table("INJECTIONS");
  table.add("parent_id", "", "", id);
  table.add("true_log_mass_msun", "", "", truth);
  table.add("true_flux_f150w", "nJy", "", io::Reals(id.size(), 10));
  table.add("recovered", "", "", recovered);
  table.add("measured_log_mass_msun", "", "", measured);
  table.add("measured_log_age_yr", "", "", io::Reals(id.size(), 7));
  return table;
}

// A folder with a catalogue, and injections whose manifest says where they were drawn.
const fs::path& mock_folder() {
  static const fs::path folder = [] {
    fs::path path = scratch_folder("cmf-mock");
    io::write_fits_tables(path / "catalog.fits", {catalogue(120)});
    io::write_ecsv(path / "catalog.ecsv", catalogue(120));
    io::write_fits_tables(path / "injections.fits", {injections(30000)});
    io::write_text(path / "manifest.json",
                   R"({"recipe_hash": "0123", "recipe": {"reference_band": "F150W",
                       "population": {"mass_msun": [1e5, 1e11], "observed_mag_ab": [0, 0]}}})");
    return path;
  }();
  return folder;
}

std::string mock_command(const fs::path& output, const std::string& more = "") {
  return "cmf " + quoted(mock_folder() / "catalog.fits") + " --injections " +
         quoted(mock_folder() / "injections.fits") + " -o " + quoted(output) + " " + more;
}

// One mock, seed 20260712: within 3.3 sigma of the truth (false-alarm rate 1e-3); the published slope, from a
// catalogue that lost most of its light clusters, is not.
TEST(Cmf, CorrectsTheSlopeOfAnIncompleteCatalogue) {
  const fs::path out = scratch_folder("cmf-slope") / "cmf.fits";
  const Outcome outcome = run_program(mock_command(out));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const io::Table published = io::read_fits_table(out, "MASSFUNC"),
                  corrected = io::read_fits_table(out, "CORRECTED");
  ASSERT_EQ(published.rows(), 3u);
  ASSERT_EQ(corrected.rows(), 3u);
  EXPECT_EQ(published.integers("n_clusters")[0], corrected.integers("n_obs")[0]);
  EXPECT_LT(published.integers("n_clusters")[0], 120);  // some were measured below the cut
  EXPECT_EQ(corrected.texts("status")[0], "ok") << outcome.output;
  const auto pull = [](const io::Table& t) {
    return (t.reals("median")[0] - true_beta) / (0.5 * (t.reals("q84")[0] - t.reals("q16")[0]));
  };
  EXPECT_GT(pull(published), 3.3);
  EXPECT_LT(std::abs(pull(corrected)), 3.3);
  EXPECT_GT(corrected.reals("n_eff")[0], 4 * 120);
  for (const char* name : {"CHAIN_power_law", "CHAIN_schechter", "CONVERGENCE"})
    EXPECT_GT(io::read_fits_table(out, name).rows(), 0u) << name;
  EXPECT_NE(outcome.output.find("corrected power_law beta"), std::string::npos) << outcome.output;
}

TEST(Cmf, ThreadsAndFormatsGiveTheSameNumbers) {
  const fs::path folder = scratch_folder("cmf-threads");
  const std::string few = "--bootstraps 20 --steps 100 --burn-in 20";
  ASSERT_EQ(run_program(mock_command(folder / "a.fits", "-j1 " + few)).exit_code, 0);
  ASSERT_EQ(run_program(mock_command(folder / "b.fits", "-j2 " + few)).exit_code, 0);
  EXPECT_EQ(sha256_of_file(folder / "a.fits"), sha256_of_file(folder / "b.fits"));
  const Outcome ecsv = run_program("cmf " + quoted(mock_folder() / "catalog.ecsv") + " -o " +
                                   quoted(folder / "c.fits") + " " + few);
  ASSERT_EQ(ecsv.exit_code, 0) << ecsv.output;
  EXPECT_EQ(io::read_fits_table(folder / "c.fits", "MASSFUNC").reals("median"),
            io::read_fits_table(folder / "a.fits", "MASSFUNC").reals("median"));
}

// A linear mass with its error says the same as its logarithm.
TEST(Cmf, ReadsLinearMassesAndQuantiles) {
  const fs::path folder = scratch_folder("cmf-columns");
  const io::Table logs = catalogue(60);
  io::Reals mass, error, low, high;
  for (const double l : logs.reals("log_mass_msun")) {
    mass.push_back(std::pow(10, l));
    error.push_back(mass.back() * error_dex * std::log(10));
    low.push_back(l - error_dex);
    high.push_back(l + error_dex);
  }
  io::Table linear, quantiles;
  linear.add("Mass_Msun", "solMass", "", mass);
  linear.add("mass_msun_err", "solMass", "", error);
  quantiles.add("log_mass_msun", "", "", logs.reals("log_mass_msun"));
  quantiles.add("log_mass_msun_lo", "", "", low);
  quantiles.add("log_mass_msun_hi", "", "", high);
  std::vector<io::Reals> bootstraps;
  for (const auto& [name, table] : {std::pair{"linear.fits", linear}, {"quantiles.fits", quantiles}}) {
    io::write_fits_tables(folder / name, {table});
    const fs::path out = folder / (std::string("of-") + name);
    const Outcome outcome =
        run_program("cmf " + quoted(folder / name) + "[1] -o " + quoted(out) + " --bootstraps 50");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
    bootstraps.push_back(io::read_fits_table(out, "MASSFUNC").reals("mode_redrawn_q84"));
  }
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(bootstraps[0][i], bootstraps[1][i], 1e-9);
}

// Rows without a mass are counted, not dropped in silence; of two forms of the mass the one that is read is
// named; tables that do not say their recipe are warned of.
TEST(Cmf, SaysWhatItLeftOutAndCouldNotCheck) {
  const fs::path folder = scratch_folder("cmf-says");
  const std::string few = " --bootstraps 10 --steps 60 --burn-in 20 --ensembles 2";
  io::Table both("CATALOG");
  const double infinity = std::numeric_limits<double>::infinity();
  both.add("log_mass_msun", "", "", io::Reals{7, 7.2, 7.4, NAN, infinity, 6.9});
  both.add("log_mass_msun_err", "", "", io::Reals(6, 0.1));
  both.add("mass_msun", "solMass", "", io::Reals{1e7, 1.6e7, 2.5e7, 0, 1e8, 8e6});
  io::write_fits_tables(folder / "both.fits", {both});
  const Outcome outcome =
      run_program("cmf " + quoted(folder / "both.fits") + " -o " + quoted(folder / "both-cmf.fits") + few);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("warning: 2 rows left out"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("masses from column log_mass_msun; column mass_msun is not read"),
            std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.output.find("4 of 6 rows"), std::string::npos) << outcome.output;
  const Outcome corrected = run_program(mock_command(folder / "cmf.fits", few));
  ASSERT_EQ(corrected.exit_code, 0) << corrected.output;
  EXPECT_NE(corrected.output.find("warning: no recipe hash in"), std::string::npos) << corrected.output;
  EXPECT_EQ(corrected.output.find("rows left out"), std::string::npos) << corrected.output;
}

// The run and the command are one: the same tables from the run's catalogue and injections.
TEST(Cmf, OnTheTablesOfARunGivesTheRunsNumbers) {
  const fs::path folder = scratch_folder("cmf-run"), out = folder / "out";
  // Clumps enough for some to have a mass: of ten only one fit is bright, and trusted.
  write_small_recipe(folder / "recipe", {{R"("host": { "clumps": 10 })", R"("host": { "clumps": 30 })"}});
  ASSERT_EQ(run_program("run -q -j2 -o " + quoted(out) + " " + quoted(folder / "recipe")).exit_code, 0);
  const std::string options =
      " --min-mass 1e5 --max-age 3000 --steps 60 --burn-in 20 --ensembles 2 --bootstraps 10 --seed 7";
  const std::string command = "cmf " + quoted(out / "science_catalog.fits") + " --injections " +
                              quoted(out / "injections.fits") + options;
  const Outcome outcome = run_program(command + " -o " + quoted(folder / "cmf.fits"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  for (const char* name : {"MASSFUNC", "CHAIN_schechter", "CORRECTED"}) {
    const io::Table a = io::read_fits_table(out / "mass_function.fits", name),
                    b = io::read_fits_table(folder / "cmf.fits", name);
    ASSERT_EQ(a.columns().size(), b.columns().size()) << name;
    for (std::size_t c = 0; c < a.columns().size(); ++c) {
      ASSERT_EQ(a.columns()[c].name, b.columns()[c].name);
      const auto* reals = std::get_if<io::Reals>(&a.columns()[c].values);
      if (!reals) {
        EXPECT_EQ(a.columns()[c].values, b.columns()[c].values) << name << a.columns()[c].name;
        continue;
      }
      for (std::size_t i = 0; i < reals->size(); ++i) {
        const double x = (*reals)[i], y = std::get<io::Reals>(b.columns()[c].values)[i];
        EXPECT_TRUE(x == y || (std::isnan(x) && std::isnan(y))) << name << a.columns()[c].name;
      }
    }
  }
  // 24 clumps cannot tell: data, not an error.
  EXPECT_EQ(io::read_fits_table(out / "mass_function.fits", "CORRECTED").texts("status")[0],
            "injections_do_not_cover");
  EXPECT_NE(outcome.output.find("that no injected clump was given"), std::string::npos) << outcome.output;
  // The injections of another recipe.
  io::Table other = io::read_fits_table(out / "injections.fits");
  other.clear_notes();
  other.note("RECIPE", "another");
  io::write_fits_tables(folder / "other.fits", {other});
  const Outcome refused = run_program("cmf " + quoted(out / "science_catalog.fits") + " --injections " +
                                      quoted(folder / "other.fits") + " --injected-masses 1e5 1e9" + options +
                                      " -o " + quoted(folder / "refused.fits"));
  EXPECT_EQ(refused.exit_code, 2) << refused.output;
  EXPECT_NE(refused.output.find("RECIPE: found recipe another"), std::string::npos) << refused.output;
}

// ------------------------------------------------------------------------------------------ several

// The same clusters by two other lens models: masses a little off, a cluster missing.
fs::path several_catalogues() {
  static const fs::path folder = [] {
    fs::path path = scratch_folder("cmf-several");
    Random random({20260712, "cmf other lenses"});
    for (const char* name : {"a.fits", "b.fits", "c.fits"}) {
      const io::Table original = catalogue(120);
      io::Reals mass = original.reals("log_mass_msun");
      if (name[0] != 'a')
        for (double& m : mass) m += 0.05 * random.normal();
      io::Table table("CATALOG");
      table.add("log_mass_msun", "", "", mass);
      table.add("log_mass_msun_err", "", "", original.reals("log_mass_msun_err"));
      table.add("log_age_yr", "", "", original.reals("log_age_yr"));
      io::write_fits_tables(path / name, {table});
    }
    return path;
  }();
  return folder;
}

std::vector<std::size_t> rows_named(const io::Table& table, const std::string& catalogue) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < table.rows(); ++i)
    if (table.texts("catalogue")[i] == catalogue) rows.push_back(i);
  return rows;
}

// Each catalogue has the numbers that it has alone, and is corrected by its own injections.
TEST(CmfSeveral, GiveEachCatalogueTheNumbersThatItHasAlone) {
  const fs::path in = several_catalogues(), folder = scratch_folder("cmf-several-out");
  const std::string few = " --bootstraps 20 --steps 100 --burn-in 20 --ensembles 2",
                    injections = quoted(mock_folder() / "injections.fits");
  const Outcome outcome =
      run_program("cmf " + quoted(in / "a.fits") + " " + quoted(in / "b.fits") + " " + quoted(in / "c.fits") +
                  " --label 'M1 (ref),M2,M3' --injections none --injections " + injections +
                  " --injections none --report " + quoted(folder / "cmf.html") + " -o " +
                  quoted(folder / "all.fits") + few);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const Outcome alone = run_program("cmf " + quoted(in / "b.fits") + " --injections " + injections + " -o " +
                                    quoted(folder / "b.fits") + few);
  ASSERT_EQ(alone.exit_code, 0) << alone.output;
  for (const char* name : {"MASSFUNC", "CHAIN_schechter", "CONVERGENCE", "CORRECTED"}) {
    const io::Table all = io::read_fits_table(folder / "all.fits", name),
                    one = io::read_fits_table(folder / "b.fits", name);
    const io::Table mine = all.select(rows_named(all, "M2"));
    ASSERT_EQ(mine.rows(), one.rows()) << name;
    for (const io::Column& column : one.columns())
      EXPECT_EQ(mine.column(column.name).values, column.values) << name << " " << column.name;
  }
  const io::Table corrected = io::read_fits_table(folder / "all.fits", "CORRECTED");
  EXPECT_EQ(corrected.rows(), rows_named(corrected, "M2").size());

  const io::Table comparison = io::read_fits_table(folder / "all.fits", "COMPARISON"),
                  summary = io::read_fits_table(folder / "all.fits", "MASSFUNC");
  ASSERT_EQ(comparison.rows(), 6u);
  EXPECT_EQ(comparison.texts("catalogue"), (io::Texts{"M1 (ref)", "M1 (ref)", "M2", "M2", "M3", "M3"}));
  EXPECT_EQ(comparison.texts("model")[5], "schechter");
  for (std::size_t c = 0; c < 3; ++c) {  // MASSFUNC: slope; slope, cut-off
    EXPECT_EQ(comparison.reals("beta_median")[2 * c], summary.reals("median")[3 * c]);
    EXPECT_EQ(comparison.reals("beta_mode")[2 * c + 1], summary.reals("mode")[3 * c + 1]);
    EXPECT_EQ(comparison.reals("log_cutoff_msun_mode_redrawn_q84")[2 * c + 1],
              summary.reals("mode_redrawn_q84")[3 * c + 2]);
    EXPECT_TRUE(std::isnan(comparison.reals("log_cutoff_msun_median")[2 * c]));
    EXPECT_EQ(comparison.texts("correction_status")[2 * c], c == 1 ? "ok" : "no_injections");
    EXPECT_EQ(std::isfinite(comparison.reals("beta_corrected_median")[2 * c]), c == 1);
  }
  EXPECT_NE(comparison.reals("beta_median")[0], comparison.reals("beta_median")[2]);
  // 80 steps after burn-in are too few, and table and page say so.
  const io::Table convergence = io::read_fits_table(folder / "all.fits", "CONVERGENCE");
  EXPECT_EQ(comparison.flags("converged"), io::Flags(6, false));
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(comparison.reals("beta_r_hat")[2 * c], convergence.reals("r_hat")[3 * c]);
    EXPECT_EQ(comparison.reals("log_cutoff_msun_ess_tail")[2 * c + 1],
              convergence.reals("ess_tail")[3 * c + 2]);
    EXPECT_EQ(comparison.texts("at_prior_edge")[2 * c + 1], "log_cutoff_msun");  // power laws have none
  }

  const std::string page = io::read_text(folder / "cmf.html");
  for (const char* word : {"M1 (ref)", "M3: no injections, not corrected", "counts-schechter", "corner",
                           "Chains not converged: all 6 fits", "if independent",
                           "Not constrained: M1 (ref) M<sub>c</sub>, M2 M<sub>c</sub>, M3 M<sub>c</sub>."})
    EXPECT_NE(page.find(word), std::string::npos) << word;
}

// The page of one catalogue changes none of its tables; labels are the names of the files.
TEST(CmfSeveral, ReportOfOneCatalogue) {
  const fs::path folder = scratch_folder("cmf-report");
  const std::string few = "--bootstraps 20 --steps 100 --burn-in 20 --ensembles 2";
  ASSERT_EQ(run_program(mock_command(folder / "plain.fits", few)).exit_code, 0);
  const Outcome outcome =
      run_program(mock_command(folder / "with.fits", few + " --report " + quoted(folder / "cmf.html")));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_EQ(sha256_of_file(folder / "plain.fits"), sha256_of_file(folder / "with.fits"));
  EXPECT_NE(io::read_text(folder / "cmf.html").find("Cluster mass function: catalog"), std::string::npos);
}

// A steep catalogue, run on until its chains have converged: its slope piles up at the prior's end of -3,
// which table, page and terminal say; of
// chains nothing is said.
TEST(CmfSeveral, SayWhereSlopesPileUpAndNothingOfConvergedChains) {
  const fs::path folder = scratch_folder("cmf-steep");
  for (const auto& [name, beta] : {std::pair{"steep.fits", -3.6}, {"plain.fits", -2.0}}) {
    Random random({20260712, "cmf steep"});
    io::Reals mass;
    for (const double m :
         population::draw_masses(population::MassFunctionModel::power_law, beta, 0, 2e6, 60, random))
      mass.push_back(std::log10(m));
    io::Table table("CATALOG");
    table.add("log_mass_msun", "", "", mass);
    io::write_fits_tables(folder / name, {table});
  }
  const Outcome outcome =
      run_program("cmf " + quoted(folder / "steep.fits") + " " + quoted(folder / "plain.fits") +
                  " --mass-error 0.1 --bootstraps 2 --walkers 16 --ensembles 2 --steps 15000 --burn-in 300 "
                  "--max-steps 60000 --report " +
                  quoted(folder / "cmf.html") + " -o " + quoted(folder / "cmf.fits"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const io::Table comparison = io::read_fits_table(folder / "cmf.fits", "COMPARISON");
  EXPECT_EQ(comparison.flags("converged"), io::Flags(4, true));
  EXPECT_EQ(comparison.texts("at_prior_edge")[0], "beta");
  EXPECT_EQ(comparison.texts("at_prior_edge")[2], "");
  const std::string page = io::read_text(folder / "cmf.html");
  EXPECT_NE(page.find("Not constrained: steep β of the power law"), std::string::npos);
  EXPECT_EQ(page.find("plain β"), std::string::npos);
  EXPECT_EQ(page.find("not converged"), std::string::npos);
  EXPECT_NE(outcome.output.find("power_law, beta: piles up at the end of its prior"), std::string::npos)
      << outcome.output;
}

// ------------------------------------------------------------------------------------------ bad input

void expect_refused(const std::string& arguments, const std::vector<std::string>& words) {
  const fs::path out = scratch_folder("cmf-refused") / "cmf.fits";
  const Outcome outcome = run_program("cmf " + arguments + " -o " + quoted(out));
  EXPECT_EQ(outcome.exit_code, 2) << arguments << outcome.output;
  for (const std::string& word : words)
    EXPECT_NE(outcome.output.find(word), std::string::npos) << "'" << word << "' in: " << outcome.output;
  EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
  EXPECT_FALSE(fs::exists(out));
}

TEST(CmfRefused, CataloguesThatCannotBeFitted) {
  const fs::path folder = scratch_folder("cmf-bad");
  const std::string good = quoted(mock_folder() / "catalog.fits");
  expect_refused(good + " --min-mass 1e12 --log-cutoff-high 13",
                 {"catalog.fits: clusters: found 0 of 120 rows", "at least 3"});
  expect_refused(good + " --max-age 1", {"found 0 of 120 rows", "younger than 1 Myr"});
  expect_refused(quoted(mock_folder() / "catalog.fits[NONE]"), {"HDU 'NONE'", "1 (CATALOG)"});
  expect_refused(quoted(folder / "none.fits"), {"none.fits"});
  const auto with = [&](const std::function<void(io::Table&)>& change) {
    io::Table table("CATALOG");
    change(table);
    io::write_fits_tables(folder / "bad.fits", {table});
    return quoted(folder / "bad.fits");
  };
  expect_refused(with([](io::Table& t) {
                   t.add("log_mass_msun", "", "", io::Reals{7, 8, 5});
                   t.add("log_mass_msun_err", "", "", io::Reals{0.1, 0.1, 0.1});
                 }),
                 {"found 2 of 3 rows"});
  expect_refused(with([](io::Table& t) {
                   t.add("mass", "", "", io::Reals{1e7, 1e8, 1e9});
                 }),
                 {"column log_mass_msun", "log_mass_msun or mass_msun"});
  expect_refused(with([](io::Table& t) {
                   t.add("log_mass_msun", "", "", io::Reals{7, 8, 8});
                 }),
                 {"column log_mass_msun_err", "--mass-error"});
  expect_refused(with([](io::Table& t) {
                   t.add("log_mass_msun", "", "", io::Reals{7, 8, 8});
                   t.add("log_mass_msun_err", "", "", io::Reals{0.1, NAN, 0.1});
                 }),
                 {"mass error, row 1"});
  expect_refused(with([](io::Table& t) {
                   t.add("log_mass_msun", "", "", io::Texts{"7", "8", "8"});
                   t.add("log_mass_msun_err", "", "", io::Reals{0.1, 0.1, 0.1});
                 }),
                 {"column log_mass_msun", "no numbers"});
  expect_refused(good + " --walkers 9", {"--walkers", "even"});
  expect_refused(good + " --seed -1", {"--seed: found '-1'", "an integer >= 0"});
  expect_refused(good + " --steps 1000000 --max-steps 1000000 --walkers 1000", {"--steps", "at most 2e+08"});
  expect_refused(good + " --burn-in 600", {"--burn-in"});
  expect_refused(good + " --beta -1 -3", {"--beta"});
  expect_refused(good + " --lowest-mass 1e5", {"--lowest-mass", "--injections"});
}

TEST(CmfRefused, CataloguesThatCannotBeSetSideBySide) {
  const fs::path in = several_catalogues(), other = scratch_folder("cmf-other");
  const std::string a = quoted(in / "a.fits"), b = quoted(in / "b.fits"),
                    injections = quoted(mock_folder() / "injections.fits");
  expect_refused(a + " " + b + " --label M1", {"--label: found 1 labels", "each of 2 catalogs"});
  expect_refused(a + " " + b + " --label M1,M1", {"--label: found 'M1' twice"});
  expect_refused(a + " " + b + " --label M1 --label ''", {"--label: found ''"});
  expect_refused(a + " " + a, {"a.fits: catalog: found the same file twice"});
  fs::create_symlink(in / "a.fits", other / "linked.fits");
  expect_refused(a + " " + quoted(other / "linked.fits"), {"the same file twice"});
  fs::copy_file(in / "b.fits", other / "a.fits");
  expect_refused(a + " " + quoted(other / "a.fits"), {"--label: found 'a' twice"});
  expect_refused(a + " " + b + " --injections " + injections,
                 {"--injections: found 1 tables", "one for each of 2 catalogs"});
  expect_refused(a + " " + b + " --min-mass 1e12 --log-cutoff-high 13", {"a.fits: clusters: found 0"});
  expect_refused(a + " " + quoted(in / "none.fits"), {"none.fits"});
  expect_refused(a + " " + b + " --report " + b, {"b.fits", "an input, which would be overwritten"});
}

TEST(CmfRefused, InjectionsThatDoNotBelong) {
  const fs::path folder = scratch_folder("cmf-bad-injections");
  const std::string good = quoted(mock_folder() / "catalog.fits");
  const fs::path file = folder / "injections.fits";
  const auto with = [&](const std::function<void(io::Table&)>& change) {
    io::Table table = injections(300);
    change(table);
    io::write_fits_tables(file, {table});
    return good + " --injections " + quoted(file);
  };
  const auto same = [](io::Table&) {};
  expect_refused(with(same), {"injections.fits", "no manifest.json", "--injected-masses"});
  expect_refused(with(same) + " --injected-masses 1e5 1e9", {"column true_log_mass_msun", "1e+09"});
  const std::string range = " --injected-masses 1e5 1e11";
  expect_refused(with([](io::Table& t) {
                   const io::Flags none(t.rows(), false);
                   io::Table copy("INJECTIONS");
                   for (const io::Column& c : t.columns())
                     if (c.name == "recovered") copy.add("recovered", "", "", none);
                     else copy.add(c);
                   t = copy;
                 }) + range,
                 {"column recovered", "none of 300 injected clumps found"});
  expect_refused(
      with([](io::Table& t) { t.add("true_flux_f200w", "nJy", "", io::Reals(t.rows(), 1)); }) + range,
      {"bands", "f150w, f200w", "allowed: f150w"});
  for (const char* missing : {"parent_id", "recovered", "true_log_mass_msun", "measured_log_mass_msun"})
    expect_refused(with([&](io::Table& t) {
                     io::Table copy("INJECTIONS");
                     for (const io::Column& c : t.columns())
                       if (c.name != missing) copy.add(c);
                     t = copy;
                   }) + range,
                   {std::string("column ") + missing});
  io::write_text(folder / "manifest.json",
                 R"({"recipe_hash": "1", "recipe": {"population": {"mass_msun": [1e5, 1e9],
                     "observed_mag_ab": [24, 30]}}})");
  expect_refused(with(same), {"manifest.json", "observed_mag_ab"});
}

}  // namespace
}  // namespace arcproof::tests

// `arcproof correct`: what a run gives its own catalogue, from its files, and for the tables of others.
#include "engine/io/ecsv.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "engine/io/table.h"
#include "tests/end_to_end/program.h"
#include "tests/support/data.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::tests {
namespace {

namespace fs = std::filesystem;

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

const fs::path& corrected_run() {
  static const fs::path out = [] {
    const fs::path folder = scratch_folder("correct");
    const Outcome outcome = run_program(
        "run -q -j2 --set injection.realisations=24 --set injection.placement=catalogue --set "
        "mass_function.run=false -o " +
        quoted(folder / "out") + " " + quoted(write_small_recipe(folder / "recipe")));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return folder / "out";
  }();
  return out;
}

Outcome correct(const std::string& catalogue, const fs::path& out, const std::string& more = "") {
  return run_program("correct " + catalogue + " --injections " + quoted(corrected_run()) + " -o " +
                     quoted(out) + " " + more);
}

// The command gives what the run gave its own catalogue, from the files alone.
TEST(Correct, GivesWhatTheRunGave) {
  const fs::path catalogue = corrected_run() / "science_catalog.fits",
                 out = corrected_run().parent_path() / "again.fits";
  const Outcome outcome = correct(quoted(catalogue), out, "--seed 7");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const io::Table before = io::read_fits_table(catalogue), after = io::read_fits_table(out, "CATALOG");
  ASSERT_EQ(before.columns().size(), after.columns().size());
  int numbers = 0;
  for (const char* name : {"p_true", "p_detect", "p_detect_err", "mag_q2p5", "mag_q50", "log_mass_q16",
                           "log_radius_q84", "ess", "weight"}) {
    ASSERT_EQ(before.reals(name).size(), after.reals(name).size());
    for (std::size_t i = 0; i < before.rows(); ++i) {
      const double a = before.reals(name)[i], b = after.reals(name)[i];
      EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << name << ' ' << i << ' ' << a << ' ' << b;
      numbers += std::isfinite(a);
    }
  }
  EXPECT_GT(numbers, 20);
  EXPECT_EQ(before.texts("nearest_injections"), after.texts("nearest_injections"));
}

// Rows of somebody else, with few columns, ids and a remark: kept as they are.
TEST(Correct, KeepsTheColumnsOfAnotherTable) {
  const fs::path folder = scratch_folder("correct-user"), mine = folder / "mine.ecsv",
                 out = folder / "out.fits";
  const io::Table full = io::read_fits_table(corrected_run() / "science_catalog.fits");
  io::Table table("MINE");
  io::Texts names, remarks;
  for (std::size_t i = 0; i < full.rows(); ++i) {
    names.push_back("clump " + std::to_string(i));
    remarks.push_back(i % 2 ? "arc" : "");
  }
  table.add("ID", "", "", names);
  table.add("Remark", "", "", remarks);
  for (const char* name : {"mag_f150w", "flux_f150w", "flux_f150w_err", "sigma_circular_pix", "radius_pc"})
    table.add(full.column(name));
  io::write_ecsv(mine, table);
  const Outcome outcome = correct(quoted(mine), out);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const io::Table result = io::read_fits_table(out, "CATALOG");
  ASSERT_EQ(result.rows(), full.rows());
  EXPECT_EQ(result.texts("ID"), names);
  EXPECT_EQ(result.columns()[1].name, "Remark");
  EXPECT_FALSE(result.has("selected"));
  int finite = 0;
  for (const double m : result.reals("mag_q50")) finite += std::isfinite(m);
  EXPECT_GT(finite, 3);
}

TEST(Correct, RefusesWhatItCannotCorrect) {
  const fs::path folder = scratch_folder("correct-bad"), out = folder / "out.fits";
  io::Table table("MINE");
  table.add("mag_f444w", "mag", "", io::Reals{25, 26});
  io::write_ecsv(folder / "other.ecsv", table);
  table.add("mag_f150w", "mag", "", io::Texts{"25", "x"});
  table.add("flux_f150w", "nJy", "", io::Reals{25, 26});
  table.add("flux_f150w_err", "nJy", "", io::Reals{1, 1});
  io::write_ecsv(folder / "text.ecsv", table);
  io::Table unit("MINE");
  unit.add("mag_f150w", "mag", "", io::Reals{25, 26});
  unit.add("flux_f150w", "uJy", "", io::Reals{25, 26});
  unit.add("flux_f150w_err", "uJy", "", io::Reals{1, 1});
  io::write_ecsv(folder / "unit.ecsv", unit);
  const auto expect_refused = [&](const Outcome& outcome, const std::string& words) {
    EXPECT_EQ(outcome.exit_code, 2) << outcome.output;
    EXPECT_NE(outcome.output.find(words), std::string::npos) << outcome.output;
    EXPECT_FALSE(fs::exists(out));
  };
  expect_refused(correct(quoted(folder / "other.ecsv"), out), "f150w: found no such column");
  expect_refused(correct(quoted(folder / "text.ecsv"), out), "mag_f150w");
  expect_refused(correct(quoted(folder / "unit.ecsv"), out), "flux_f150w");
  expect_refused(correct(quoted(folder / "none.ecsv"), out), "none.ecsv");
  expect_refused(run_program("correct " + quoted(folder / "unit.ecsv") + " --injections " + quoted(folder) +
                             " -o " + quoted(out)),
                 "manifest.json");
  expect_refused(correct(quoted(folder / "unit.ecsv"), out, "--leaf 0"), "--leaf");
}

// Nothing that is there is written over, and columns of the user's own are not taken for corrections.
TEST(Correct, KeepsInputsAndNamesOfOthers) {
  const fs::path folder = scratch_folder("correct-names"), mine = folder / "mine.ecsv",
                 out = folder / "out.fits";
  io::Table table("MINE");
  table.add("mag_f150w", "mag", "", io::Reals{25, 26});
  table.add("flux_f150w", "nJy", "", io::Reals{363, 145});
  table.add("flux_f150w_err", "nJy", "", io::Reals{10, 10});
  table.add("Weight", "", "of somebody else", io::Reals{1, 2});
  io::write_ecsv(mine, table);
  const Outcome named = correct(quoted(mine), out);
  EXPECT_EQ(named.exit_code, 2) << named.output;
  EXPECT_NE(named.output.find("column Weight"), std::string::npos) << named.output;
  EXPECT_FALSE(fs::exists(out));
  const fs::path catalogue = corrected_run() / "science_catalog.fits",
                 injections = corrected_run() / "injections.fits";
  for (const fs::path& input : {catalogue, injections}) {
    const std::string before = io::read_text(input);
    const Outcome over = correct(quoted(catalogue), input);
    EXPECT_EQ(over.exit_code, 2) << over.output;
    EXPECT_NE(over.output.find("overwritten"), std::string::npos) << over.output;
    EXPECT_EQ(io::read_text(input), before);
  }
}

}  // namespace
}  // namespace arcproof::tests

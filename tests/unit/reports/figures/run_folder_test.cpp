#include "reports/figures/run_folder.h"

#include "engine/core/error.h"
#include "tests/unit/reports/small_run.h"

#include <gtest/gtest.h>

namespace arcproof::reports {
namespace {

constexpr TableName optional_table{"extra.fits", "TWO"}, certain_table{"extra.fits", "TWO", Needed::always},
    paired_table{"extra.fits", "TWO", Needed::with_file};

io::Table numbers(const std::string& name, io::Integers values) {
  io::Table table(name);
  with(table, "n", std::move(values));
  return table;
}

// The message of the InputError that asking for the table throws.
std::string complaint(const RunFolder& run, const TableName& name) {
  try {
    run.table(name);
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(RunFolder, ReadsATableWhenAskedAndKeepsIt) {
  SmallRun files("kept");
  const RunFolder run = files.open();
  files.put("extra.fits", {numbers("ONE", {1}), numbers("TWO", {7, 8})});  // after the folder was opened
  const io::Table& first = run.table(optional_table);
  EXPECT_EQ(first.integers("n"), (io::Integers{7, 8}));
  files.put("extra.fits", {numbers("TWO", {9})});
  for (int k = 0; k < 50; ++k)  // other tables do not move it
    run.table({k % 2 ? "injections.fits" : "bias.fits", k % 2 ? "INJECTIONS" : "COVERAGE"});
  EXPECT_EQ(&run.table(certain_table), &first);
  EXPECT_EQ(first.integers("n"), (io::Integers{7, 8}));
}

TEST(RunFolder, GivesEmptyTablesForWhatARunMayLack) {
  SmallRun files("lacking");
  EXPECT_TRUE(files.open().table(optional_table).columns().empty());
  EXPECT_TRUE(files.open().table(paired_table).columns().empty());
  files.put("extra.fits", {numbers("ONE", {1})});
  EXPECT_TRUE(files.open().table(optional_table).columns().empty());
}

TEST(RunFolder, NamesTheFileAndTheHduOfWhatIsMissing) {
  SmallRun files("missing");
  EXPECT_TRUE(holds(complaint(files.open(), certain_table), "extra.fits"));
  EXPECT_TRUE(holds(complaint(files.open(), certain_table), "TWO"));
  files.put("extra.fits", {numbers("ONE", {1})});
  for (const TableName& name : {certain_table, paired_table}) {
    EXPECT_TRUE(holds(complaint(files.open(), name), "extra.fits")) << complaint(files.open(), name);
    EXPECT_TRUE(holds(complaint(files.open(), name), "TWO")) << complaint(files.open(), name);
  }
}

TEST(RunFolder, RefusesADamagedFileThoughItIsOptional) {
  SmallRun files("damaged");
  io::write_text(files.folder() / "extra.fits", "this is no FITS file");
  EXPECT_TRUE(holds(complaint(files.open(), optional_table), "extra.fits"));
  EXPECT_TRUE(holds(complaint(files.open(), optional_table), "TWO"));
}

TEST(RunFolder, KnowsWhatTheReportSays) {
  SmallRun files("said");
  files.metric("depth.f150w", 29.5);
  files.say("seed", 7);
  const RunFolder run = files.open();
  EXPECT_EQ(run.metric("depth.f150w"), 29.5);
  EXPECT_TRUE(std::isnan(run.metric("depth.f200w")));
  EXPECT_EQ(run.number("seed"), 7);
  EXPECT_TRUE(std::isnan(run.number("recipe")));
  EXPECT_EQ(run.text("recipe"), "small");
  EXPECT_EQ(run.text("seed"), "");
  EXPECT_EQ(run.bands(), (std::vector<std::string>{"f150w", "f200w"}));
  files.put_json("convergence.json", io::Json::array());
  EXPECT_THROW(files.open(), InputError);
}

}  // namespace
}  // namespace arcproof::reports

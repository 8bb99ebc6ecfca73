#include "engine/io/table.h"

#include "engine/core/error.h"

#include <gtest/gtest.h>

namespace arcproof::io {
namespace {

Table sample() {
  Table table("CLUMPS");
  table.add("flux_njy", "nJy", "flux", Reals{1.5, 2.5, 3.5});
  table.add("id", "", "number", Integers{1, 2, 3});
  table.add("name", "", "name", Texts{"a", "", "c"});
  table.add("found", "", "found?", Flags{true, false, true});
  table.add({"offset", "arcsec", "x and y", Reals{1, 2, 3, 4, 5, 6}, 2});
  table.note("SEED", "7");
  return table;
}

TEST(Table, ColumnsThatDoNotFitAreRefused) {
  Table table = sample();
  EXPECT_EQ(table.rows(), 3u);
  EXPECT_THROW(table.add("short", "", "", Reals{1, 2}), ContractError);
  EXPECT_THROW(table.add("id", "", "", Reals{1, 2, 3}), ContractError);
  EXPECT_THROW(table.add("", "", "", Reals{1, 2, 3}), ContractError);
  EXPECT_THROW(table.add({"wide", "", "", Integers{1, 2, 3, 4, 5, 6}, 2}), ContractError);
  EXPECT_THROW(table.add({"none", "", "", Reals{}, 0}), ContractError);
  EXPECT_EQ(table.columns().size(), 5u);
}

TEST(Table, MissingColumnIsNamed) {
  try {
    sample().reals("nought");
    FAIL();
  } catch (const ContractError& error) {
    EXPECT_NE(std::string(error.what()).find("'CLUMPS' has the column 'nought'"), std::string::npos);
  }
}

TEST(Table, ColumnAskedAsAnotherTypeBreaksTheContract) {
  EXPECT_THROW(sample().reals("id"), ContractError);
  EXPECT_THROW(sample().flags("id"), ContractError);
}

TEST(Table, SelectTakesRowsInTheOrderAsked) {
  const std::vector<std::size_t> rows = {2, 0, 2};
  const Table chosen = sample().select(rows);
  EXPECT_EQ(chosen.reals("flux_njy"), (Reals{3.5, 1.5, 3.5}));
  EXPECT_EQ(chosen.integers("id"), (Integers{3, 1, 3}));
  EXPECT_EQ(chosen.texts("name"), (Texts{"c", "a", "c"}));
  EXPECT_EQ(chosen.flags("found"), (Flags{true, true, true}));
  EXPECT_EQ(chosen.reals("offset"), (Reals{5, 6, 1, 2, 5, 6}));
  EXPECT_EQ(chosen.column("offset").unit, "arcsec");
  EXPECT_EQ(chosen.name(), "CLUMPS");
  EXPECT_EQ(chosen.notes().size(), 1u);
  EXPECT_EQ(sample().select({}).rows(), 0u);
}

TEST(Table, AppendPutsRowsBelow) {
  Table table = sample();
  table.append(sample());
  EXPECT_EQ(table.rows(), 6u);
  EXPECT_EQ(table.integers("id"), (Integers{1, 2, 3, 1, 2, 3}));
  EXPECT_EQ(table.reals("offset").size(), 12u);
  Table fresh("FRESH");
  fresh.append(table);
  EXPECT_EQ(fresh.rows(), 6u);
}

TEST(Table, AppendRefusesOtherColumns) {
  const auto with = [](const std::string& name, const std::string& unit) {
    Table table;
    table.add(name, unit, "", Reals{1});
    return table;
  };
  Table table = with("a", "nJy");
  EXPECT_THROW(table.append(with("b", "nJy")), ContractError);
  EXPECT_THROW(table.append(with("a", "mag")), ContractError);
  EXPECT_THROW(table.append(sample()), ContractError);
  EXPECT_EQ(table.rows(), 1u);
}

}  // namespace
}  // namespace arcproof::io

#include "engine/io/table_builder.h"

#include "engine/core/error.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::io {
namespace {

struct Clump {
  std::string name;
  double mass = 0;
  float radius = 0;
  int images = 0;
  bool found = false;
  bool is_large() const { return radius > 10; }
};

const std::vector<Clump> clumps{{"a", 100, 5, 2, true}, {"", 1000, 20, 1, false}};

TEST(TableBuilder, ColumnsAreWhatTheirGettersGive) {
  Table table("CLUMPS");
  TableBuilder(table, clumps)
      .column("name", "", "its name", &Clump::name)
      .column("log_mass", "", "log10 mass", [](const Clump& c) { return std::log10(c.mass); })
      .column("radius", "pc", "half-light radius", &Clump::radius)
      .column("images", "", "behind the lens", &Clump::images)
      .column("found", "", "recovered", &Clump::found)
      .column("large", "", "above 10 pc", &Clump::is_large)
      .column("word", "", "a literal", [](const Clump& c) { return c.found ? "yes" : "no"; })
      .column("row", "", "from 0", [](const Clump&, std::size_t i) { return i; });
  EXPECT_EQ(table.texts("name"), (Texts{"a", ""}));
  EXPECT_EQ(table.reals("log_mass"), (Reals{2, 3}));
  EXPECT_EQ(table.reals("radius"), (Reals{5, 20}));
  EXPECT_EQ(table.integers("images"), (Integers{2, 1}));
  EXPECT_EQ(table.flags("found"), (Flags{true, false}));
  EXPECT_EQ(table.flags("large"), (Flags{false, true}));
  EXPECT_EQ(table.texts("word"), (Texts{"yes", "no"}));
  EXPECT_EQ(table.integers("row"), (Integers{0, 1}));
  EXPECT_EQ(table.column("radius").unit, "pc");
  EXPECT_EQ(table.column("radius").description, "half-light radius");
}

TEST(TableBuilder, OfNoRowsKeepsTheColumns) {
  Table table("CLUMPS");
  const std::vector<Clump> none;
  TableBuilder(table, none).column("name", "", "", &Clump::name).column("mass", "", "", &Clump::mass);
  EXPECT_EQ(table.rows(), 0u);
  EXPECT_TRUE(table.has("mass"));
  EXPECT_TRUE(table.texts("name").empty());
}

TEST(TableBuilder, NamesThatAreTakenAreRefused) {
  Table table("CLUMPS");
  TableBuilder add(table, clumps);
  add.column("mass", "", "", &Clump::mass);
  EXPECT_THROW(add.column("mass", "", "", &Clump::mass), ContractError);
}

}  // namespace
}  // namespace arcproof::io

#include "engine/io/ecsv.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "tests/support/data.h"

#include <limits>

#include <gtest/gtest.h>

namespace arcproof::io {
namespace {

std::string written(const Table& table) {
  const auto path = tests::scratch_folder("ecsv") / "table.ecsv";
  write_ecsv(path, table);
  return read_text(path);
}

// astropy.io.ascii.read(path, format="ecsv") 5.2 accepts this text: units, masked entries and meta included.
TEST(Ecsv, HasTheHeaderOfApe6AndOneLinePerRow) {
  Table table;
  table.add("flux_njy", "nJy", "flux, \"total\"", Reals{0.1, std::numeric_limits<double>::quiet_NaN()});
  table.add("id", "", "number", Integers{-5, missing_integer});
  table.add("name", "", "name", Texts{"a,\"b\"", ""});
  table.add("found", "", "found?", Flags{true, false});
  table.note("SEED", "7");
  EXPECT_EQ(
      written(table),
      "# %ECSV 1.0\n"
      "# ---\n"
      "# delimiter: ','\n"
      "# datatype:\n"
      "# - {name: \"flux_njy\", unit: \"nJy\", datatype: float64, description: \"flux, \\\"total\\\"\"}\n"
      "# - {name: \"id\", datatype: int64, description: \"number\"}\n"
      "# - {name: \"name\", datatype: string, description: \"name\"}\n"
      "# - {name: \"found\", datatype: bool, description: \"found?\"}\n"
      "# meta: !!omap\n"
      "# - {SEED: \"7\"}\n"
      "# schema: astropy-2.0\n"
      "flux_njy,id,name,found\n"
      "0.1,-5,\"a,\"\"b\"\"\",True\n"
      "nan,,\"\",False\n");
}

TEST(Ecsv, WithoutRowsOrNotesEndsAtTheNames) {
  Table table;
  table.add("x", "", "", Reals{});
  const std::string text = written(table), end = "# schema: astropy-2.0\nx\n";
  EXPECT_EQ(text.substr(text.size() - end.size()), end);
  EXPECT_EQ(text.find("meta"), std::string::npos);
}

TEST(Ecsv, RealsReadBackToTheSameBits) {
  Table table;
  const Reals values = {0.1 + 0.2, 1e23, 5e-324, -1.7976931348623157e308, 1.0 / 3};
  table.add("x", "", "", values);
  std::string text = written(table);
  text.erase(0, text.find("\nx\n") + 3);
  const char* position = text.c_str();
  for (const double value : values) {
    char* end = nullptr;
    EXPECT_EQ(std::strtod(position, &end), value);
    position = end;
  }
}

TEST(Ecsv, VectorColumnsAreRefused) {
  Table table;
  table.add({"x", "", "", Reals{1, 2}, 2});
  const auto path = tests::scratch_folder("ecsv") / "vector.ecsv";
  EXPECT_THROW(write_ecsv(path, table), ContractError);
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace arcproof::io

#include "recipes/program/commands/user_table.h"

#include "engine/core/error.h"
#include "engine/io/ecsv.h"
#include "engine/io/fits.h"
#include "tests/support/data.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::commands {
namespace {

namespace fs = std::filesystem;

std::string refusal(const auto& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

io::Table mixed_table() {
  io::Table table("CLUMPS");
  table.add("ID", "", "", io::Texts{"a", "b", ""});
  table.add("Ra", "deg", "", io::Reals{10, std::nan(""), 359});
  table.add("DEC", "Degrees", "", io::Reals{-90, 0, 90});
  table.add("N", "", "", io::Integers{7, io::missing_integer, -1});
  table.add("good", "", "", io::Flags{true, false, true});
  return table;
}

TEST(UserTable, IsReadFromFitsAndEcsvAlike) {
  const fs::path folder = tests::scratch_folder("user-table");
  io::write_fits_tables(folder / "a.fits", {io::Table("EMPTY"), mixed_table()});
  io::write_ecsv(folder / "a.ECSV", mixed_table());
  for (const io::HduPath& file : {io::HduPath(folder / "a.fits", "CLUMPS"), io::HduPath(folder / "a.ECSV")}) {
    const io::Table table = read_user_table(file);
    EXPECT_EQ(table.rows(), 3u) << file.text();
    EXPECT_EQ(table.reals("Ra")[2], 359) << file.text();
  }
  EXPECT_EQ(CatalogFile((folder / "a.fits").string() + "[CLUMPS]").right_ascension()[0], 10);
  EXPECT_NE(refusal([&] { CatalogFile((folder / "a.fits").string() + "[EMPTY]"); }), "");
  EXPECT_NE(refusal([&] { CatalogFile((folder / "b.fits").string()); }).find("b.fits"), std::string::npos);
}

TEST(UserTable, ColumnsAreFoundInAnyCase) {
  const io::Table table = mixed_table();
  for (const char* name : {"id", "ra", "dec", "n"}) EXPECT_TRUE(find_column(table, name)) << name;
  EXPECT_EQ(find_column(table, "dec")->name, "DEC");
  EXPECT_EQ(find_column(table, "z"), nullptr);
}

TEST(UserTable, MissingNumbersAreNan) {
  const io::Table table = mixed_table();
  const io::Reals n = numbers_of(*find_column(table, "n")).value();
  EXPECT_EQ(n[0], 7);
  EXPECT_TRUE(std::isnan(n[1]));
  EXPECT_EQ(n[2], -1);
  EXPECT_TRUE(std::isnan(numbers_of(*find_column(table, "ra")).value()[1]));
  EXPECT_FALSE(numbers_of(*find_column(table, "id")));
  EXPECT_FALSE(numbers_of(*find_column(table, "good")));
  EXPECT_FALSE(numbers_of({"vectors", "", "", io::Reals{1, 2, 3, 4, 5, 6}, 2}));
}

TEST(UserTable, RowsHaveTheirNamesOrNumbers) {
  const io::Column own = row_ids(mixed_table());
  EXPECT_EQ(own.name, "id");
  EXPECT_EQ(std::get<io::Texts>(own.values)[1], "b");
  io::Table table;
  table.add("id", "", "", io::Reals{1.5, 2.5});
  EXPECT_EQ(std::get<io::Reals>(row_ids(table, {.name = "parent_id"}).values)[1], 2.5);
  EXPECT_EQ(row_ids(table, {.name = "parent_id"}).name, "parent_id");
  const io::Column numbers = row_ids(table, {.numbered = "by number", .may_be_real = false});
  EXPECT_EQ(std::get<io::Integers>(numbers.values), (io::Integers{0, 1}));
  EXPECT_EQ(numbers.description, "by number");
  io::Table flags;
  flags.add("id", "", "", io::Flags{true, true, false});
  EXPECT_EQ(std::get<io::Integers>(row_ids(flags).values), (io::Integers{0, 1, 2}));
}

// 1 Jy is 1e9 nJy; units of fluxes are as FITS writes them, those of lengths in any case.
TEST(UserTable, UnitsAreConvertedOrUnknown) {
  for (const auto& [unit, njy] : {std::pair{"nJy", 1.0}, {"uJy", 1e3}, {"mJy", 1e6}, {"Jy", 1e9}})
    EXPECT_EQ(njy_per(unit), njy) << unit;
  for (const char* unit : {"", "njy", "MJy/sr", "mag"}) EXPECT_FALSE(njy_per(unit)) << unit;
  for (const auto& [unit, arcsec] :
       {std::pair{"arcsec", 1.0}, {"Arcsecond", 1.0}, {"mas", 1e-3}, {"PIX", 0.04}, {"pixel", 0.04}})
    EXPECT_EQ(arcsec_per(unit, 0.04), arcsec) << unit;
  for (const char* unit : {"", "deg", "pc"}) EXPECT_FALSE(arcsec_per(unit, 0.04)) << unit;
}

TEST(UserTable, OtherAnglesThanDegreesAreRefused) {
  for (const char* unit : {"", "deg", "DEG", "degree", "Degrees"})
    EXPECT_EQ(refusal([&] { require_degrees({"ra", unit, "", io::Reals{1}, 1}, "a.fits"); }), "") << unit;
  const std::string message = refusal([] {
    require_degrees({"RA", "hourangle", "", io::Reals{1}, 1}, "a.fits");
  });
  for (const char* words : {"a.fits", "column RA", "hourangle", "deg"})
    EXPECT_NE(message.find(words), std::string::npos) << message;
}

TEST(UserTable, RefusesPlacesAndRedshiftsByColumnAndRow) {
  const fs::path folder = tests::scratch_folder("user-table-values");
  const auto with = [&](const char* name, io::Column column) {
    io::Table table = mixed_table();
    io::Table changed("CLUMPS");
    for (io::Column c : table.columns())
      if (c.name != column.name) changed.add(std::move(c));
    changed.add(std::move(column));
    io::write_ecsv(folder / name, changed);
    return CatalogFile((folder / name).string());
  };
  const CatalogFile far = with("far.ecsv", {"Ra", "deg", "", io::Reals{1, 2, 361}, 1});
  EXPECT_NE(refusal([&] { far.right_ascension(); }).find("column Ra, row 2"), std::string::npos);
  const CatalogFile dec = with("dec.ecsv", {"DEC", "deg", "", io::Reals{1, -91, 0}, 1});
  EXPECT_NE(refusal([&] { dec.declination(); }).find("row 1"), std::string::npos);
  const CatalogFile z = with("z.ecsv", {"Z", "", "", io::Reals{1, std::nan(""), 30}, 1});
  EXPECT_NE(refusal([&] { z.redshifts({}); }).find("column Z, row 2"), std::string::npos);
  EXPECT_NE(refusal([&] { z.redshifts(1.5); }).find("--z"), std::string::npos);
  EXPECT_NE(refusal([&] { far.redshifts({}); }).find("--z"), std::string::npos);
  EXPECT_EQ(far.redshifts(1.5), (io::Reals{1.5, 1.5, 1.5}));
}

}  // namespace
}  // namespace arcproof::commands

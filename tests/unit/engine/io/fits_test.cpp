#include "engine/io/fits.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/io/files.h"
#include "tests/support/data.h"

#include <bit>
#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>

#include <gtest/gtest.h>
#include <zlib.h>

namespace arcproof::io {
namespace {

namespace fs = std::filesystem;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

fs::path scratch(const std::string& name) { return tests::scratch_folder("fits") / name; }

std::string complaint_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

void expect_complaint(const std::function<void()>& call, const std::vector<std::string>& parts) {
  const std::string what = complaint_of(call);
  for (const std::string& part : parts) EXPECT_NE(what.find(part), std::string::npos) << what;
}

Table all_types(const std::string& name = "ALL") {
  Table table(name);
  table.add("flux_njy", "nJy", "total flux", Reals{0.1 + 0.2, nan, -1e308, 3e-308, 0});
  table.add("id", "", "number", Integers{largest, missing_integer + 1, missing_integer, 0, -7});
  table.add("name", "", "the clump's name", Texts{"b", "long enough", " a", "\xcf\x83", "it's"});
  table.add("found", "", "found?", Flags{true, false, false, true, true});
  table.add({"offset", "arcsec", "x and y", Reals{1, 2, 3, 4, nan, 6, 7, 8, 9, 10}, 2});
  table.note("SEED", "7");
  table.note("MODEL", "two words");
  return table;
}

void expect_same_bits(const Reals& a, const Reals& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i])) EXPECT_TRUE(std::isnan(b[i])) << i;
    else EXPECT_EQ(std::bit_cast<std::uint64_t>(a[i]), std::bit_cast<std::uint64_t>(b[i])) << i;
  }
}

void expect_same(const Table& a, const Table& b) {
  EXPECT_EQ(a.name(), b.name());
  EXPECT_EQ(a.notes(), b.notes());
  ASSERT_EQ(a.columns().size(), b.columns().size());
  for (const Column& column : a.columns()) {
    const Column& other = b.column(column.name);
    EXPECT_EQ(column.unit, other.unit);
    EXPECT_EQ(column.description, other.description);
    EXPECT_EQ(column.width, other.width);
    ASSERT_EQ(column.values.index(), other.values.index()) << column.name;
    if (const auto* reals = std::get_if<Reals>(&column.values))
      expect_same_bits(*reals, b.reals(column.name));
    else EXPECT_EQ(column.values, other.values) << column.name;
  }
}

Table with_note(const std::string& value) {
  Table table("NOTED");
  table.add("x", "", "", Reals{1});
  table.note("NOTE", value);
  return table;
}

// Files by hand, after the FITS standard 4.0.
using Cards = std::vector<std::pair<std::string, std::string>>;

std::string padded(std::string bytes, char fill) {
  bytes.resize((bytes.size() + 2879) / 2880 * 2880, fill);
  return bytes;
}

std::string hdu(const Cards& cards, const std::string& data) {
  std::string header;
  for (auto [key, value] : cards) {
    key.resize(8, ' ');
    std::string record = key + "= " + value;
    record.resize(80, ' ');
    header += record;
  }
  return padded(header + "END", ' ') + padded(data, '\0');
}

const std::string empty_primary = hdu({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}}, "");

std::string byte_extension(const std::string& name, const std::vector<int>& shape, const std::string& data) {
  Cards cards = {{"XTENSION", "'IMAGE   '"}, {"BITPIX", "8"}, {"NAXIS", std::to_string(shape.size())}};
  for (std::size_t i = 0; i < shape.size(); ++i)
    cards.emplace_back("NAXIS" + std::to_string(i + 1), std::to_string(shape[i]));
  cards.insert(cards.end(), {{"PCOUNT", "0"}, {"GCOUNT", "1"}, {"EXTNAME", "'" + name + "'"}});
  return hdu(cards, data);
}

std::string one_column_table(const Cards& column, int bytes_per_row, const std::string& data) {
  Cards cards = {{"XTENSION", "'BINTABLE'"},
                 {"BITPIX", "8"},
                 {"NAXIS", "2"},
                 {"NAXIS1", std::to_string(bytes_per_row)},
                 {"NAXIS2", std::to_string(data.size() / static_cast<std::size_t>(bytes_per_row))},
                 {"PCOUNT", "0"},
                 {"GCOUNT", "1"},
                 {"TFIELDS", "1"},
                 {"EXTNAME", "'CAT'"}};
  cards.insert(cards.end(), column.begin(), column.end());
  return empty_primary + hdu(cards, data);
}

fs::path put(const std::string& name, const std::string& bytes) {
  const fs::path path = scratch(name);
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(Fits, TableOfEveryTypeReturns) {
  const fs::path path = scratch("all[1]+2.fits");
  write_fits_tables(path, {all_types()});
  expect_same(read_fits_table(path), all_types());
}

TEST(Fits, TableWithoutRowsKeepsItsColumns) {
  const fs::path path = scratch("empty.fits");
  const Table none = all_types().select({});
  write_fits_tables(path, {none});
  expect_same(read_fits_table(path), none);
}

TEST(Fits, TablesAreFoundByNameNumberOrOrder) {
  const fs::path path = scratch("several.fits");
  Table second("SECOND");
  second.add("x", "", "", Integers{1, 2});
  FitsHeader cards;
  cards.add("SEED", "12", "of the campaign");
  write_fits_tables(path, {all_types(), second}, cards);
  EXPECT_EQ(fits_hdu_names(path), (std::vector<std::string>{"0 (PRIMARY)", "1 (ALL)", "2 (SECOND)"}));
  expect_same(read_fits_table(path, "second"), second);
  expect_same(read_fits_table(path, "2"), second);
  expect_same(read_fits_table(path), all_types());
  EXPECT_EQ(read_fits_array(path, "0").header.number("SEED"), 12);
}

// Each is lost in its own way: apostrophes come back doubled, long values cut, empty ones not at all.
TEST(Fits, ANameOfTwoHdusIsRefused) {
  const fs::path path = scratch("twice.fits");
  write_fits_images(path, {{"SCI", Array2D<float>(3, 3, 1.0F), {}},
                           {"ERR", Array2D<float>(3, 3, 2.0F), {}},
                           {"sci", Array2D<float>(3, 3, 3.0F), {}}});
  expect_complaint([&] { read_fits_image(path, "SCI"); },
                   {"HDU 'SCI'", "the name of HDU 1 and of HDU 3", "the number of one of them"});
  EXPECT_EQ(read_fits_image(path, "3").pixels(0, 0), 3);
  EXPECT_EQ(read_fits_image(path, "ERR").pixels(0, 0), 2);
}

TEST(Fits, NotesOfAnyTextReturn) {
  const fs::path path = scratch("notes.fits");
  for (const std::string& value :
       {std::string("it's"), std::string(200, 'n'), std::string(60, '\''), std::string()}) {
    write_fits_tables(path, {with_note(value)});
    EXPECT_EQ(read_fits_table(path).notes(), with_note(value).notes());
  }
}

TEST(Fits, LongDescriptionsReturnAndAddNoNote) {
  const fs::path path = scratch("description.fits");
  Table table("LONG");
  table.add("x", "", std::string(200, 'd') + "'s end", Reals{1});
  write_fits_tables(path, {table});
  expect_same(read_fits_table(path), table);
}

TEST(Fits, EmptyTextsReturn) {
  const fs::path path = scratch("texts.fits");
  Table table("TEXTS");
  table.add("name", "", "", Texts{"", "long enough", ""});
  write_fits_tables(path, {table});
  EXPECT_EQ(read_fits_table(path).texts("name"), table.texts("name"));
}

TEST(Fits, InfiniteSubnormalAndNegativeZeroReturn) {
  const fs::path path = scratch("reals.fits");
  Table table("REALS");
  table.add("x", "", "", Reals{infinity, -infinity, 5e-324, -0.0});
  write_fits_tables(path, {table});
  expect_same_bits(read_fits_table(path).reals("x"), table.reals("x"));
}

TEST(Fits, SeedsBeyondSignedIntegersAndHexadecimalTextReturn) {
  const fs::path path = scratch("cards.fits");
  for (const char* value : {"0x1f", "18446744073709551615"}) {
    FitsHeader cards;
    cards.add("SEED", value);
    EXPECT_NO_THROW(write_fits_tables(path, {all_types()}, cards)) << value;
    ASSERT_TRUE(fs::exists(path));
    EXPECT_EQ(read_fits_array(path, "0").header.text("SEED"), value);
  }
}

TEST(Fits, SameTablesGiveTheSameBytes) {
  const fs::path a = scratch("a.fits"), b = a.parent_path() / "b.fits";
  write_fits_tables(a, {all_types(), all_types("AGAIN")});
  write_fits_tables(b, {all_types(), all_types("AGAIN")});
  EXPECT_EQ(read_text(a), read_text(b));
}

// FITS 4.0, appendix J: with a valid CHECKSUM the ones' complement sum of an HDU's 32-bit words is all ones.
TEST(Fits, ChecksumsHold) {
  const fs::path path = scratch("sum.fits");
  write_fits_tables(path, {all_types()});
  const std::string bytes = read_text(path);
  ASSERT_EQ(bytes.size() % 2880, 0u);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 4; ++k) word = word << 8 | static_cast<unsigned char>(bytes[i + k]);
    sum += word;
  }
  while (sum >> 32) sum = (sum & 0xffffffff) + (sum >> 32);
  EXPECT_EQ(sum, 0xffffffff);
}

TEST(Fits, ImagesReturnWithTheirWorldCoordinates) {
  const fs::path path = scratch("images.fits");
  NamedImage sci{"SCI", Array2D<float>(3, 2), {}}, err{"ERR", Array2D<float>(2, 2, 0.25f), {}};
  for (std::size_t i = 0; i < 6; ++i) sci.pixels.data()[i] = 0.1f * static_cast<float>(i);
  sci.pixels(2, 1) = std::numeric_limits<float>::quiet_NaN();
  sci.header.add("CRVAL1", "64.0391041666667", "[deg]");
  sci.header.add("CTYPE1", "RA---TAN");
  sci.header.add("NOTE", "12 px");
  sci.header.add("COUNT", "-3");
  write_fits_images(path, {sci, err});
  const FitsImage image = read_fits_image(path, "SCI");
  EXPECT_EQ(image.hdu, "1 (SCI)");
  ASSERT_EQ(image.pixels.width(), 3);
  ASSERT_EQ(image.pixels.height(), 2);
  EXPECT_EQ(image.pixels(1, 1), 0.1f * 4);
  EXPECT_TRUE(std::isnan(image.pixels(2, 1)));
  EXPECT_NEAR(image.header.number("CRVAL1").value(), 64.0391041666667, 1e-13);
  EXPECT_EQ(image.header.text("CTYPE1"), "RA---TAN");
  EXPECT_EQ(image.header.text("NOTE"), "12 px");
  EXPECT_EQ(image.header.number("NOTE"), std::nullopt);
  EXPECT_EQ(image.header.number("COUNT"), -3);
  EXPECT_EQ(image.header.number("CRVAL2"), std::nullopt);
  EXPECT_EQ(image.header.records.size() % 80, 0u);
  EXPECT_NE(image.header.records.find("CTYPE1  = 'RA---TAN'"), std::string::npos);
  EXPECT_EQ(read_fits_image(path).hdu, "1 (SCI)");
  EXPECT_EQ(read_fits_image(path, "2").pixels(0, 0), 0.25);
}

TEST(Fits, ScaleZeroAndBlankAreApplied) {
  const fs::path path = put("scaled.fits", hdu({{"SIMPLE", "T"},
                                                {"BITPIX", "16"},
                                                {"NAXIS", "2"},
                                                {"NAXIS1", "3"},
                                                {"NAXIS2", "1"},
                                                {"BSCALE", "0.5"},
                                                {"BZERO", "10.0"},
                                                {"BLANK", "-1"},
                                                {"FILTER", "'F150W   '"}},
                                               std::string("\0\4\xff\xff\xff\xf8", 6)));
  const FitsImage image = read_fits_image(path);
  EXPECT_EQ(image.pixels(0, 0), 12);
  EXPECT_TRUE(std::isnan(image.pixels(1, 0)));
  EXPECT_EQ(image.pixels(2, 0), 6);
  EXPECT_EQ(image.primary.text("FILTER"), "F150W");
}

TEST(Fits, CubesAreReadFastestAxisFirst) {
  const fs::path path = put("cube.fits", empty_primary + byte_extension("CUBE", {2, 1, 3}, "\1\2\3\4\5\6"));
  const FitsArray cube = read_fits_array(path, "CUBE");
  EXPECT_EQ(cube.shape, (std::vector<int>{2, 1, 3}));
  EXPECT_EQ(cube.values, (std::vector<double>{1, 2, 3, 4, 5, 6}));
  expect_complaint([&] { read_fits_image(path, "CUBE"); }, {"cube.fits: HDU 1 (CUBE): found not a two-dim"});
}

TEST(Fits, FirstImageIsFoundBehindACube) {
  const fs::path path = put("both.fits", empty_primary + byte_extension("CUBE", {1, 1, 2}, "\1\2") +
                                             byte_extension("SCI", {2, 1}, "\3\4"));
  EXPECT_EQ(complaint_of([&] { EXPECT_EQ(read_fits_image(path).hdu, "2 (SCI)"); }), "no InputError");
}

TEST(Fits, GzippedImagesAreReadAsTheyAre) {
  const fs::path path = scratch("image.fits.gz");
  const std::string bytes = empty_primary + byte_extension("SCI", {2, 1}, "\3\4");
  const gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())), static_cast<int>(bytes.size()));
  ASSERT_EQ(gzclose(file), Z_OK);
  EXPECT_EQ(read_fits_image(path).pixels(1, 0), 4);
}

TEST(Fits, NarrowIntegersAndTheirMissingValueAreRead) {
  const Cards column = {{"TTYPE1", "'n'"}, {"TFORM1", "'1I'"}, {"TNULL1", "-99"}};
  const fs::path path =
      put("short.fits", one_column_table(column, 2, std::string("\1\0\xff\x9d\xff\xff", 6)));
  EXPECT_EQ(read_fits_table(path).integers("n"), (Integers{256, missing_integer, -1}));
}

TEST(Fits, ColumnOfAForeignTypeIsNamed) {
  const Cards column = {{"TTYPE1", "'visibility'"}, {"TFORM1", "'1C'"}};
  const fs::path path = put("complex.fits", one_column_table(column, 8, std::string(16, '\0')));
  expect_complaint([&] { read_fits_table(path); }, {"complex.fits: HDU 1 (CAT), column visibility: found"});
}

TEST(Fits, ColumnWithoutANameIsCalledByItsNumber) {
  const fs::path path = put("nameless.fits", one_column_table({{"TFORM1", "'1I'"}}, 2, "\1\2\3\4"));
  EXPECT_EQ(read_fits_table(path).integers("col1"), (Integers{258, 772}));
}

TEST(Fits, WrongOrMissingHduIsNamedWithWhatThereIs) {
  const fs::path path = scratch("hdus.fits"), images = path.parent_path() / "images.fits";
  write_fits_tables(path, {all_types()});
  write_fits_images(images, {{"SCI", Array2D<float>(2, 2), {}}});
  expect_complaint([&] { read_fits_table(path, "NONE"); },
                   {"hdus.fits: HDU 'NONE': found no such HDU", "one of: 0 (PRIMARY), 1 (ALL)"});
  expect_complaint([&] { read_fits_table(path, "7"); }, {"hdus.fits: HDU '7'"});
  expect_complaint([&] { read_fits_table(path, "0"); }, {"HDU 0 (PRIMARY): found not a binary table"});
  expect_complaint([&] { read_fits_image(path, "ALL"); }, {"HDU 1 (ALL): found not a two-dimensional image"});
  expect_complaint([&] { read_fits_array(path, "ALL"); }, {"HDU 1 (ALL): found a table"});
  expect_complaint([&] { read_fits_image(path); }, {"hdus.fits: found no HDU that holds"});
  expect_complaint([&] { read_fits_table(images); }, {"images.fits: found no HDU that holds a binary table"});
}

TEST(Fits, WhatIsNotFitsIsRefused) {
  const fs::path path = put("text.fits", "not FITS\n");
  expect_complaint([&] { read_fits_image(path); }, {"text.fits: found not a readable FITS file"});
  const fs::path none = path.parent_path() / "none.fits";
  expect_complaint([&] { read_fits_table(none); }, {"none.fits: found no such file"});
  expect_complaint([&] { read_fits_table(path.parent_path()); }, {"not a regular file"});
}

TEST(Fits, FilesCutAnywhereAreRefused) {
  const fs::path path = scratch("cut.fits");
  Table table("LONG");
  table.add("x", "", "", Reals(1000, 1.5));
  table.add("t", "", "", Texts(1000, "abc"));
  write_fits_tables(path, {table});
  const std::string tables = read_text(path);
  write_fits_images(path, {{"SCI", Array2D<float>(60, 60, 1.0f), {}}});
  const std::string images = read_text(path);
  for (std::size_t length = 0; length + 2880 <= tables.size(); length += 480) {
    std::ofstream(path, std::ios::binary) << tables.substr(0, length);
    expect_complaint([&] { read_fits_table(path); }, {"cut.fits: "});
  }
  for (std::size_t length = 0; length + 2880 <= images.size(); length += 480) {
    std::ofstream(path, std::ios::binary) << images.substr(0, length);
    expect_complaint([&] { read_fits_image(path); }, {"cut.fits: "});
  }
  std::ofstream(path, std::ios::binary) << images.substr(0, images.size() - 2880);
  expect_complaint([&] { read_fits_image(path, "SCI"); }, {"cut.fits: HDU 1 (SCI): found a truncated file"});
}

TEST(Fits, AHeaderThatPromisesMoreThanTheFileHoldsIsRefusedBeforeMemoryIsTaken) {
  const fs::path path = scratch("promise.fits");
  write_fits_images(path, {{"SCI", Array2D<float>(60, 60, 1.0f), {}}});
  const std::string good = read_text(path);
  for (const auto& [width, pixels] :
       {std::pair<std::string, std::string>{"200000", "1.2e+07"}, {"2000000000", "1.2e+11"}}) {
    std::string wrong = good;
    const std::string card = "NAXIS1  = " + std::string(20 - width.size(), ' ') + width;
    const std::size_t at = wrong.find("NAXIS1  =                   60");
    ASSERT_NE(at, std::string::npos);
    wrong.replace(at, card.size(), card);
    std::ofstream(path, std::ios::binary) << wrong;
    expect_complaint([&] { read_fits_image(path, "SCI"); },
                     {"promise.fits: HDU 1 (SCI): found a", "promises " + pixels + " pixels"});
    expect_complaint([&] { read_fits_array(path, "SCI"); },
                     {"promise.fits: HDU 1 (SCI): found a", "promises " + pixels + " pixels"});
  }
}

TEST(Fits, WritingThatFailsLeavesTheOldFileAlone) {
  const fs::path path = scratch("old.fits");
  write_fits_tables(path, {all_types()});
  Table bad = all_types();
  bad.note(std::string(90, 'K'), "x");
  EXPECT_THROW(write_fits_tables(path, {all_types(), bad}), SystemError);
  expect_same(read_fits_table(path), all_types());
  EXPECT_EQ(std::distance(fs::directory_iterator(path.parent_path()), fs::directory_iterator()), 1);
  EXPECT_THROW(write_fits_tables(path.parent_path() / "none" / "a.fits", {bad}), SystemError);
}

}  // namespace
}  // namespace arcproof::io

#include "engine/io/ecsv.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "tests/support/data.h"

#include <cmath>
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

// ---------------------------------------------------------------- reading

std::filesystem::path ecsv_file(const std::string& text) {
  const auto path = tests::scratch_folder("ecsv-read") / "table.ecsv";
  write_text(path, text);
  return path;
}

// As astropy 5.2.1 writes it:
//   t = Table()
//   t['id'] = np.array([1, 2, 3], dtype='int64')
//   t['x'] = Column(np.array([10.5, np.nan, -1e-3]), unit='pix', description='a long description, with a
//   comma: and a '
//            'colon # and "quotes" that the YAML writer has to fold because it is longer than a line of 130
//            characters')
//   t['ra'] = Column(np.array([1, 2, 3], dtype='float32'), unit=u.deg)
//   t['name'] = ['a b', '', 'it\'s "q", ok'];  t['good'] = [True, False, True]
//   t['n'] = MaskedColumn([5, 6, 7], mask=[False, True, False], dtype='int16', description="it's")
//   t['flux'] = Column([1e300, np.inf, -2.0], unit='nJy')
//   t.meta['comment'] = 'x: y';  t.meta['list'] = [1, 2, {'a': 3}]
//   t.write('a.ecsv')
constexpr const char* astropy_header = R"(# %ECSV 1.0
# ---
# datatype:
# - {name: id, datatype: int64}
# - {name: x, unit: pix, datatype: float64, description: 'a long description, with a comma: and a colon # and "quotes" that the YAML writer
#     has to fold because it is longer than a line of 130 characters'}
# - {name: ra, unit: deg, datatype: float32}
# - {name: name, datatype: string}
# - {name: good, datatype: bool}
# - {name: n, datatype: int16, description: it's}
# - {name: flux, unit: nJy, datatype: float64}
)";
constexpr const char* astropy_meta = R"(# meta: !!omap
# - {comment: 'x: y'}
# - list:
#   - 1
#   - 2
#   - {a: 3}
# schema: astropy-2.0
)";
constexpr const char* spaced_rows = R"(id x ra name good n flux
1 10.5 1.0 "a b" True 5 1e+300
2 nan 2.0 "" False "" inf
3 -0.001 3.0 "it's ""q"", ok" True 7 -2.0
)";
constexpr const char* comma_rows = R"(id,x,ra,name,good,n,flux
1,10.5,1.0,a b,True,5,1e+300
2,nan,2.0,,False,,inf
3,-0.001,3.0,"it's ""q"", ok",True,7,-2.0
)";

void expect_as_written_by_astropy(const Table& table) {
  ASSERT_EQ(table.columns().size(), 7u);
  EXPECT_EQ(table.integers("id"), (Integers{1, 2, 3}));
  EXPECT_EQ(table.column("x").unit, "pix");
  EXPECT_EQ(table.column("x").description,
            "a long description, with a comma: and a colon # and \"quotes\" that the YAML writer has to fold "
            "because it is "
            "longer than a line of 130 characters");
  EXPECT_EQ(table.reals("x")[0], 10.5);
  EXPECT_TRUE(std::isnan(table.reals("x")[1]));
  EXPECT_EQ(table.reals("x")[2], -1e-3);
  EXPECT_EQ(table.reals("ra"), (Reals{1, 2, 3}));
  EXPECT_EQ(table.texts("name"), (Texts{"a b", "", "it's \"q\", ok"}));
  EXPECT_EQ(table.flags("good"), (Flags{true, false, true}));
  EXPECT_EQ(table.integers("n"), (Integers{5, missing_integer, 7}));
  EXPECT_EQ(table.column("n").description, "it's");
  EXPECT_EQ(table.reals("flux"), (Reals{1e300, std::numeric_limits<double>::infinity(), -2}));
}

TEST(ReadEcsv, TakesWhatAstropyWrites) {
  expect_as_written_by_astropy(
      read_ecsv(ecsv_file(std::string(astropy_header) + astropy_meta + spaced_rows)));
  expect_as_written_by_astropy(
      read_ecsv(ecsv_file(std::string(astropy_header) + "# delimiter: ','\n" + astropy_meta + comma_rows)));
}

TEST(ReadEcsv, ReadsBackWhatIsWritten) {
  Table table;
  table.add("flux_njy", "nJy", "flux, \"total\" \xce\xbc\t\\",
            Reals{0.1 + 0.2, std::numeric_limits<double>::quiet_NaN()});
  table.add("id", "", "", Integers{std::numeric_limits<std::int64_t>::max(), missing_integer});
  table.add("name", "", "name", Texts{"a,\"b\"", ""});
  table.add("found", "", "found?", Flags{true, false});
  const auto path = tests::scratch_folder("ecsv-round") / "table.ecsv";
  write_ecsv(path, table);
  const Table again = read_ecsv(path);
  for (const Column& column : table.columns()) {
    EXPECT_EQ(again.column(column.name).unit, column.unit);
    EXPECT_EQ(again.column(column.name).description, column.description);
  }
  EXPECT_EQ(again.reals("flux_njy")[0], 0.1 + 0.2);
  EXPECT_TRUE(std::isnan(again.reals("flux_njy")[1]));
  EXPECT_EQ(again.integers("id"), table.integers("id"));
  EXPECT_EQ(again.texts("name"), table.texts("name"));
  EXPECT_EQ(again.flags("found"), table.flags("found"));
}

// The mappings of the header may stand one key a line; rows may have more blanks and comments among them.
TEST(ReadEcsv, TakesBlockMappingsCommentsAndBlanks) {
  const Table table = read_ecsv(
      ecsv_file("# %ECSV 0.9\r\n# ---\r\n# datatype:\r\n# - name: x\r\n#   unit: \"pix\"\r\n#   "
                "datatype: float32\r\n# - name: 'it''s'\r\n#   datatype: uint8\r\nx  it's\r\n\r\n# a "
                "comment\r\n  1.5   2 \r\n+2 3"));
  EXPECT_EQ(table.reals("x"), (Reals{1.5, 2}));
  EXPECT_EQ(table.column("x").unit, "pix");
  EXPECT_EQ(table.integers("it's"), (Integers{2, 3}));
}

std::string complaint_of(const std::string& text) {
  try {
    read_ecsv(ecsv_file(text));
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing";
}

TEST(ReadEcsv, NamesTheLineOfAFault) {
  const std::string start =
      "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: x, datatype: float64}\n# - {name: y, datatype: int64}\n";
  const auto complains = [](const std::string& text, const std::string& line, const std::string& words) {
    const std::string complaint = complaint_of(text);
    EXPECT_NE(complaint.find(line), std::string::npos) << complaint;
    EXPECT_NE(complaint.find(words), std::string::npos) << complaint;
  };
  complains("x y\n1 2\n", "line 1", "no ECSV header");
  complains("", "line 1", "no ECSV header");
  complains("# %ECSV 1.0\n", "line 1", "without columns");
  complains(start, "line 5", "end of the file");
  complains(start + "y x\n", "line 6", "column names");
  complains(start + "x y\n1 2\n1\n", "line 8", "1 fields");
  complains(start + "x y\n1 2 3\n", "line 7", "3 fields");
  complains(start + "x y\n1 2.5\n", "line 7", "'2.5' in column y");
  complains(start + "x y\none 2\n", "line 7", "'one' in column x");
  complains(start + "x y\n\"1 2\n", "line 7", "quotation");
  complains(start + "x y\n\"1\"7 2\n", "line 7", "after a closing");
  complains("# %ECSV 1.0\n# datatype:\n# - {name: x, datatype: complex128}\n", "line 3", "complex128");
  complains("# %ECSV 1.0\n# datatype:\n# - {name: x, datatype: string, subtype: 'float64[3]'}\n", "line 3",
            "float64[3]");
  complains("# %ECSV 1.0\n# datatype:\n# - {name: x, datatype: int8}\n# - {name: x, datatype: int8}\n",
            "line 4", "twice");
  complains("# %ECSV 1.0\n# datatype:\n# - {datatype: int8}\n", "line 3", "without a name");
  complains("# %ECSV 1.0\n# datatype:\n# - {name: x, datatype: int8\n", "line 3", "without '}'");
  complains("# %ECSV 1.0\n# delimiter: '|'\n", "line 2", "delimiter '|'");
  complains(start + "x y\n1 99999999999999999999\n", "line 7", "integer");
}

}  // namespace
}  // namespace arcproof::io

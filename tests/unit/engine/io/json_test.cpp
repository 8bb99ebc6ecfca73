#include "engine/io/json.h"

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "tests/support/data.h"

#include <bit>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof::io {
namespace {

Json parsed(std::string_view text) { return parse_json(text, "recipe.json"); }

std::string complaint_about(std::string_view text) {
  try {
    parsed(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

void expect_complaint(std::string_view text, const std::string& place) {
  const std::string found = complaint_about(text);
  EXPECT_EQ(found.substr(0, 13 + place.size()), "recipe.json: " + place) << found;
}

TEST(Json, SyntaxErrorsGiveFileLineAndColumn) {
  expect_complaint("{\"a\": tru}", "line 1, column 10: ");
  expect_complaint("{\n  \"a\": 1,\n  \"b\": ?\n}", "line 3, column 8: ");
  expect_complaint("{\"a\": 1\n \"b\": 2}", "line 2, column 4: ");
  expect_complaint("[1, 2,]", "line 1, column 7: ");
  expect_complaint("", "line 1, column ");
  expect_complaint("{} {}", "line 1, column 4: ");
}

TEST(Json, SyntaxErrorAtTheEndOfALineGivesThatLine) {
  expect_complaint("{\n\"a\": tru\n}", "line 2, ");
  expect_complaint("{\n\"a\": \"open\n}", "line 2, ");
}

TEST(Json, NumbersThatNoDoubleHoldsAreRefused) {
  for (const char* text : {"1e400", "-1e400", "NaN", "Infinity", "01", "+1", ".5", "1."})
    EXPECT_THROW(parsed(text), InputError) << text;
}

TEST(Json, IntegersAreExactAndThoseTooLargeBecomeReal) {
  EXPECT_EQ(parsed("9223372036854775807").as_integer(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parsed("-9223372036854775808").as_integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(parsed("9223372036854775808").is_integer());
  EXPECT_EQ(parsed("9223372036854775808").as_double(), 0x1p63);
  EXPECT_FALSE(parsed("1.0").is_integer());
  EXPECT_EQ(parsed("3").as_double(), 3);
}

TEST(Json, LargeUnsignedIntegersKeepTheirValue) {
  EXPECT_EQ(Json(std::numeric_limits<std::uint64_t>::max()).as_double(), 0x1p64);
}

TEST(Json, KeyGivenTwiceIsRefused) {
  EXPECT_NE(complaint_about("{\"a\": {\"seed\": 1, \"b\": 2, \"seed\": 1}}").find("recipe.json: seed: found"),
            std::string::npos);
  EXPECT_EQ(parsed("{\"a\": {\"b\": 1}, \"b\": 2}").at("b").as_integer(), 2);
}

TEST(Json, CommentsAreSpace) {
  EXPECT_EQ(parsed("// one\n[1, /* two */ 2] // three"), parsed("[1, 2]"));
  expect_complaint("// one\n// two\n[?]", "line 3, column 2: ");
}

TEST(Json, UnicodeIsKept) {
  EXPECT_EQ(parsed("\"\\u03c3 \\ud83d\\ude00 \xcf\x83\"").as_string(), "\xcf\x83 \xf0\x9f\x98\x80 \xcf\x83");
  const Json text("\xcf\x83\t\"\\\x01\n/");
  EXPECT_EQ(text.dump(false), "\"\xcf\x83\\t\\\"\\\\\\u0001\\n/\"");
  EXPECT_EQ(parsed(text.dump()), text);
  EXPECT_THROW(parsed("\"\xff\""), InputError);
  EXPECT_THROW(parsed("\"\\ud83d\""), InputError);
}

TEST(Json, DoublesReturnBitForBit) {
  Random random({.purpose = "json test"});
  std::vector<double> values = {-0.0, 0.1, 1e23, 5e-324, 1.7976931348623157e308, 9007199254740993.0, 100};
  while (values.size() < 2000)
    if (const double value = std::bit_cast<double>(random.bits()); std::isfinite(value))
      values.push_back(value);
  const Json back = parsed(Json::numbers(values).dump());
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_FALSE(back.as_array()[i].is_integer());
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back.as_array()[i].as_double()),
              std::bit_cast<std::uint64_t>(values[i]));
  }
}

TEST(Json, WhatIsNotFiniteIsNullAndReadsAsNan) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::string text = Json::numbers({std::nan(""), infinity, -infinity}).dump(false);
  EXPECT_EQ(text, "[null, null, null]");
  EXPECT_TRUE(std::isnan(parsed(text).as_array()[0].as_double()));
}

TEST(Json, LayoutIsFixedAndKeysKeepTheirOrder) {
  Json value;
  value["z"] = 1;
  value["a"]["x"] = Json::numbers({0.5, 2});
  value["list"].push_back(Json::object());
  value["list"].push_back(true);
  value["none"] = Json::array();
  const std::string expected =
      "{\n  \"z\": 1,\n  \"a\": {\n    \"x\": [0.5, 2.0]\n  },\n  \"list\": [\n    {},\n    true\n  ],\n"
      "  \"none\": []\n}\n";
  EXPECT_EQ(value.dump(), expected);
  EXPECT_EQ(value.dump(false), "{\"z\": 1, \"a\": {\"x\": [0.5, 2.0]}, \"list\": [{}, true], \"none\": []}");
  EXPECT_EQ(parsed(expected), value);
  EXPECT_EQ(parsed(expected).dump(), expected);
}

TEST(Json, AccessAsAnotherTypeBreaksTheContract) {
  const Json text("1"), object = Json::object();
  EXPECT_THROW(text.as_double(), ContractError);
  EXPECT_THROW(text.as_integer(), ContractError);
  EXPECT_THROW(text.as_bool(), ContractError);
  EXPECT_THROW(text.as_array(), ContractError);
  EXPECT_THROW(text.find("a"), ContractError);
  EXPECT_THROW(Json(1.0).as_integer(), ContractError);
  EXPECT_THROW(object.as_string(), ContractError);
  EXPECT_THROW(object.at("a"), ContractError);
  EXPECT_EQ(object.find("a"), nullptr);
}

TEST(Json, FilesReturnAndErrorsNameThem) {
  const auto path = tests::scratch_folder("json") / "a.json";
  const Json value = parsed("{\"a\": [1, 2.5, null, \"x\", false]}");
  write_json(path, value);
  EXPECT_EQ(read_json(path), value);
  try {
    read_json(path.parent_path() / "none.json");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("none.json: found no such file"), std::string::npos);
  }
}

}  // namespace
}  // namespace arcproof::io

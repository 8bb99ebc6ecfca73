#include "recipes/program/description/binder.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::recipes {
namespace {

struct Inner {
  double width = 2.5;
  std::string kind = "round";

  void describe(Keys& keys) {
    keys.number("width", width, "pixel", "of the inner", Allowed::above(0));
    keys.text("kind", kind, "its shape", {"round", "square"});
  }
};

struct Outer {
  double share = 0.5;
  int count = 3;
  std::uint64_t seed = 1;
  bool noise = true;
  std::string title;
  std::vector<double> edges = {1, 2};
  std::vector<std::string> files;
  double low = 0, high = 1;
  std::optional<double> min;
  Inner inner;
  std::optional<Inner> second;
  std::vector<Inner> items;

  void describe(Keys& keys) {
    keys.number("share", share, "", "of all", Allowed::between(0, 1));
    keys.integer("count", count, "", "how many", Allowed::at_least(1));
    keys.seed("seed", seed, "of the streams");
    keys.flag("noise", noise, "add noise");
    keys.text("title", title, "one line");
    keys.numbers("edges", edges, "mag", "of bins");
    keys.texts("files", files, "to read");
    keys.interval("range", low, high, "", "of it", Allowed::at_least(-5));
    keys.optional_number("min", min, "", "least");
    keys.object("inner", inner, "inside");
    keys.optional_object("second", second, "perhaps inside");
    keys.list("items", items, "many");
  }
};

Outer loaded(const std::string& text) {
  const io::Json json = io::parse_json(text, "test.json");
  Binder binder = Binder::loading(json, "test.json");
  Outer outer;
  outer.describe(binder);
  binder.finish();
  return outer;
}

Complaint refusal(const std::string& text) {
  try {
    loaded(text);
  } catch (const InputError& error) {
    EXPECT_EQ(error.complaint().file, "test.json");
    return error.complaint();
  }
  ADD_FAILURE() << "accepted: " << text;
  return {};
}

TEST(Binder, LoadsEveryType) {
  const Outer o =
      loaded(R"({"share": 1, "count": 7, "seed": 0, "noise": false, "title": "a", "edges": [3, 4.5],
      "files": ["x", "y"], "range": [-5, 2], "min": -1, "inner": {"width": 0.1, "kind": "square"},
      "second": {}, "items": [{"width": 1}, {}]})");
  EXPECT_EQ(o.share, 1);
  EXPECT_EQ(o.count, 7);
  EXPECT_EQ(o.seed, 0u);
  EXPECT_FALSE(o.noise);
  EXPECT_EQ(o.title, "a");
  EXPECT_EQ(o.edges, (std::vector<double>{3, 4.5}));
  EXPECT_EQ(o.files, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(o.low, -5);
  EXPECT_EQ(o.high, 2);
  EXPECT_EQ(o.min, -1);
  EXPECT_EQ(o.inner.width, 0.1);
  EXPECT_EQ(o.inner.kind, "square");
  ASSERT_TRUE(o.second);
  EXPECT_EQ(o.second->width, 2.5);
  ASSERT_EQ(o.items.size(), 2u);
  EXPECT_EQ(o.items[0].width, 1);
  EXPECT_EQ(o.items[1].width, 2.5);
}

TEST(Binder, KeysNotGivenKeepTheirDefaults) {
  const Outer o = loaded("{}");
  EXPECT_EQ(o.share, 0.5);
  EXPECT_EQ(o.edges, (std::vector<double>{1, 2}));
  EXPECT_FALSE(o.min);
  EXPECT_FALSE(o.second);
  EXPECT_EQ(o.inner.kind, "round");
}

TEST(Binder, UnknownKeyIsRefusedWithTheNearestKnown) {
  const Complaint c = refusal(R"({"cuont": 3})");
  EXPECT_EQ(c.key, "cuont");
  EXPECT_NE(c.found.find("did you mean 'count'?"), std::string::npos);
  EXPECT_NE(c.allowed.find("seed"), std::string::npos);
}

TEST(Binder, UnknownKeyLikeNoOtherGetsNoSuggestion) {
  EXPECT_EQ(refusal(R"({"xylophone": 3})").found.find("did you mean"), std::string::npos);
}

TEST(Binder, UnknownKeysDeepInsideAreNamedByTheirPath) {
  EXPECT_EQ(refusal(R"({"inner": {"widht": 3}})").key, "inner.widht");
  EXPECT_EQ(refusal(R"({"second": {"widht": 3}})").key, "second.widht");
  EXPECT_EQ(refusal(R"({"items": [{}, {"widht": 3}]})").key, "items[1].widht");
}

TEST(Binder, WrongTypesAreRefusedWithBoth) {
  const Complaint c = refusal(R"({"inner": {"width": "wide"}})");
  EXPECT_EQ(c.key, "inner.width");
  EXPECT_NE(c.found.find("a string (\"wide\")"), std::string::npos);
  EXPECT_EQ(c.allowed, "a number > 0");
  for (const char* text :
       {R"({"share": null})", R"({"count": 2.5})", R"({"count": true})", R"({"seed": "1"})",
        R"({"noise": 1})", R"({"title": 3})", R"({"edges": 3})", R"({"edges": [1, "2"]})",
        R"({"files": "x"})", R"({"files": [1]})", R"({"range": 3})", R"({"min": "low"})", R"({"inner": 3})",
        R"({"second": []})", R"({"items": {}})", R"({"items": [3]})"})
    EXPECT_FALSE(refusal(text).allowed.empty()) << text;
}

TEST(Binder, ValuesOutOfRangeAreRefused) {
  EXPECT_EQ(refusal(R"({"share": 1.001})").allowed, "a number >= 0 and <= 1");
  for (const char* text :
       {R"({"share": -0.001})", R"({"count": 0})", R"({"count": 5000000000})", R"({"seed": -1})",
        R"({"edges": []})", R"({"range": [2, 1]})", R"({"range": [-6, 1]})", R"({"range": [1]})",
        R"({"range": [1, 2, 3]})", R"({"inner": {"width": 0}})", R"({"inner": {"kind": "oval"}})"})
    EXPECT_FALSE(refusal(text).allowed.empty()) << text;
}

TEST(Binder, ChoicesAreListed) {
  EXPECT_EQ(refusal(R"({"inner": {"kind": "oval"}})").allowed, "one of: round, square");
}

TEST(Binder, LongValuesAreShownShort) {
  EXPECT_LE(refusal(R"({"share": ")" + std::string(500, 'x') + "\"}").found.size(), 80u);
}

TEST(Binder, RequiredKeysHaveNoDefault) {
  const io::Json json = io::Json::object();
  Binder binder = Binder::loading(json, "test.json");
  try {
    binder.required("name");
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_EQ(error.complaint().key, "name");
  }
}

TEST(Binder, DumpLoadsBackToTheSame) {
  Outer o =
      loaded(R"({"share": 0.1, "files": ["x"], "min": 0.3, "second": {"width": 7}, "items": [{}, {}]})");
  Binder first = Binder::dumping();
  o.describe(first);
  Outer again = loaded(first.result().dump());
  Binder second = Binder::dumping();
  again.describe(second);
  EXPECT_EQ(first.result(), second.result());
  EXPECT_EQ(again.second->width, 7);
}

TEST(Binder, SchemaSaysTypesLimitsAndDefaults) {
  Outer o;
  Binder binder = Binder::schema();
  o.describe(binder);
  const io::Json schema = binder.result();
  EXPECT_EQ(schema.at("type").as_string(), "object");
  EXPECT_FALSE(schema.at("additionalProperties").as_bool());
  const io::Json& properties = schema.at("properties");
  EXPECT_EQ(properties.as_object().size(), 12u);
  EXPECT_EQ(properties.at("share").at("maximum").as_double(), 1);
  EXPECT_EQ(properties.at("count").at("type").as_string(), "integer");
  EXPECT_EQ(properties.at("count").at("default").as_integer(), 3);
  EXPECT_EQ(properties.at("count").at("description").as_string(), "how many");
  const io::Json& item = properties.at("items").at("items");
  EXPECT_EQ(item.at("properties").at("width").at("exclusiveMinimum").as_double(), 0);
  EXPECT_EQ(item.at("properties").at("kind").at("enum").as_array().size(), 2u);
}

// An empty list of numbers is refused when loading.
TEST(Binder, SchemaRefusesTheEmptyListThatLoadingRefuses) {
  Outer o;
  Binder binder = Binder::schema();
  o.describe(binder);
  const io::Json schema = binder.result();
  const io::Json* least = schema.at("properties").at("edges").find("minItems");
  ASSERT_TRUE(least);
  EXPECT_EQ(least->as_integer(), 1);
}

TEST(Allowed, ContainTheirEndsUnlessOpen) {
  EXPECT_TRUE(Allowed::at_least(2).contains(2));
  EXPECT_TRUE(Allowed::between(0, 1).contains(1));
  EXPECT_FALSE(Allowed::above(0).contains(0));
  EXPECT_FALSE(Allowed{}.contains(HUGE_VAL));
  EXPECT_FALSE(Allowed{}.contains(std::nan("")));
}

// Edit distance by its recursive definition.
std::size_t distance(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.size() + b.size();
  if (a[0] == b[0]) return distance(a.substr(1), b.substr(1));
  return 1 +
         std::min({distance(a.substr(1), b), distance(a, b.substr(1)), distance(a.substr(1), b.substr(1))});
}

TEST(NearestWord, HasTheLeastEditDistance) {
  const std::vector<std::string> known = {"walkers", "steps", "burn_in", "seed", "bands", "beta", "name"};
  for (const std::string word : {"walkres", "step", "brun_in", "sed", "band", "btea", "nam", "wlakers"}) {
    const std::string found = nearest_word(word, known);
    for (const std::string& other : known) EXPECT_LE(distance(word, found), distance(word, other)) << word;
  }
  EXPECT_EQ(nearest_word("walkers", known), "walkers");
  EXPECT_EQ(nearest_word("qqqqqqqq", known), "");
  EXPECT_EQ(nearest_word("walkers", {}), "");
}

}  // namespace
}  // namespace arcproof::recipes

#include "recipes/program/description/recipe.h"

#include "engine/core/error.h"
#include "engine/core/text.h"
#include "engine/io/files.h"
#include "recipes/program/description/binder.h"
#include "recipes/program/description/recipe_checks.h"

#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> split_key(const std::string& key) {
  std::vector<std::string> parts(1);
  for (const char c : key)
    if (c == '.') parts.emplace_back();
    else parts.back() += c;
  return parts;
}

io::Json parse_value(const std::string& text) {
  try {
    return io::parse_json(text, "--set");
  } catch (const InputError&) {
    return io::Json(text);
  }
}

// Rebuilds the tree with one value replaced: Json lists are values, not references.
io::Json with_value(const io::Json& node, const std::vector<std::string>& parts, std::size_t depth,
                    const Override& o) {
  if (depth == parts.size()) return parse_value(o.value);
  const std::string& part = parts[depth];
  if (node.is_array()) {
    io::Json::Array items = node.as_array();
    char* end = nullptr;
    const unsigned long index = std::strtoul(part.c_str(), &end, 10);
    if (part.empty() || *end != '\0' || index >= items.size())
      throw InputError({"--set", o.key, "'" + part + "'",
                        items.empty() ? "nothing: the list is empty"
                                      : fmt::format("a number from 0 to {}", items.size() - 1)});
    items[index] = with_value(items[index], parts, depth + 1, o);
    return io::Json(std::move(items));
  }
  io::Json result = node.is_object() ? node : io::Json::object();
  const io::Json* child = result.find(part);
  const io::Json next = with_value(child ? *child : io::Json::object(), parts, depth + 1, o);
  result[part] = next;
  return result;
}

}  // namespace

bool corrects_mass_function(const Recipe& recipe) {
  const mocks::Range& mag = recipe.population.observed_mag_ab;
  return recipe.correct_mass_function && recipe.run_mass_function && recipe.run_sed && !(mag.high > mag.low);
}

int realisations_of(const Recipe& recipe) {
  int all = recipe.injection.realisations;
  for (const mocks::InjectionRound& round : recipe.injection.rounds) all += round.realisations;
  return all;
}

mocks::Range masses_of_realisation(const Recipe& recipe, int realisation) {
  int first = recipe.injection.realisations;
  for (const mocks::InjectionRound& round : recipe.injection.rounds) {
    if (realisation >= first && realisation < first + round.realisations) return round.mass_msun;
    first += round.realisations;
  }
  return recipe.population.mass_msun;
}

double log_draw_density(const Recipe& recipe, double log_mass_msun) {
  double density = 0;
  const auto add = [&](const mocks::Range& range, int realisations) {
    constexpr double rounding = 1e-9;  // of a mass at the edge, taken to its logarithm
    const double low = std::log10(range.low), high = std::log10(range.high);
    if (log_mass_msun >= low - rounding && log_mass_msun <= high + rounding)
      density += realisations / (high - low);
  };
  add(recipe.population.mass_msun, recipe.injection.realisations);
  for (const mocks::InjectionRound& round : recipe.injection.rounds) add(round.mass_msun, round.realisations);
  return std::log(density / realisations_of(recipe));
}

std::size_t Recipe::band_index(const std::string& band) const {
  for (std::size_t i = 0; i < bands.size(); ++i)
    if (bands[i].name == band) return i;
  throw ContractError("Recipe::band_index: unknown band " + band);
}

fs::path Recipe::path(const std::string& text) const {
  const std::string mark = "$data/";
  if (text.starts_with(mark)) return fs::path(data) / text.substr(mark.size());
  return fs::path(text).is_absolute() ? fs::path(text) : folder / text;
}

Recipe recipe_from_json(const io::Json& json, const std::string& file, const fs::path& folder) {
  if (!json.is_object()) throw InputError({file, "", std::string(json.type_name()), "an object {...}"});
  Recipe recipe;
  Binder binder = Binder::loading(json, file);
  recipe.describe(binder);
  binder.finish();
  recipe.file = file;
  recipe.folder = folder;
  if (recipe.data.empty())
    if (const char* data = std::getenv("ARCPROOF_DATA")) recipe.data = data;
  if (!recipe.data.empty()) recipe.data = fs::absolute(recipe.data).lexically_normal().string();
  check_keys(recipe, file);
  recipe.match.reference_band = recipe.correction.reference_band = lower_case(recipe.reference_band);
  return recipe;
}

Recipe read_recipe(const fs::path& path, const std::vector<Override>& overrides) {
  const fs::path file = fs::is_directory(path) ? path / "recipe.json" : path;
  io::Json json = io::read_json(file);
  for (const Override& o : overrides) json = with_value(json, split_key(o.key), 0, o);
  return recipe_from_json(json, file.string(), fs::absolute(file).parent_path().lexically_normal());
}

io::Json resolved(const Recipe& recipe) {
  Recipe copy = recipe;
  Binder binder = Binder::dumping();
  copy.describe(binder);
  return binder.result();
}

std::string recipe_hash(const Recipe& recipe) {
  io::Json json = resolved(recipe);
  json["data"] = "";
  return to_hex(sha256(json.dump(false)));
}

io::Json recipe_schema() {
  Recipe recipe;
  Binder binder = Binder::schema();
  recipe.describe(binder);
  io::Json schema = io::Json::object();
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "arcproof recipe";
  const io::Json body = binder.result();
  for (const auto& [key, value] : body.as_object()) schema[key] = value;
  return schema;
}

}  // namespace arcproof::recipes

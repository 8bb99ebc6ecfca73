#include "recipes/program/campaign/parts.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"

#include <algorithm>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace fs = std::filesystem;
namespace {

constexpr const char* recipe_key = "RECIPE";

}  // namespace

PartStore::PartStore(fs::path output, std::string recipe_hash)
    : output_(std::move(output)), hash_(std::move(recipe_hash)) {}

fs::path PartStore::path(int realisation) const {
  return folder() / fmt::format("realisation-{:06d}.fits", realisation);
}

void PartStore::write(int realisation, const RealisationResult& result) const {
  io::Table injections = result.injections;
  injections.note(recipe_key, hash_);
  std::vector<io::Table> tables = {std::move(injections)};
  if (result.examples.rows()) tables.push_back(result.examples);
  if (result.measured.rows()) tables.push_back(result.measured);
  if (result.placeholders.rows()) tables.push_back(result.placeholders);
  if (result.ladder.rows()) tables.push_back(result.ladder);
  io::write_fits_tables(path(realisation), tables);
}

bool PartStore::is_whole(int realisation) const {
  try {
    return read(realisation).has_value();
  } catch (const InputError& error) {
    if (error.complaint().key == recipe_key) throw;
    return false;
  }
}

std::optional<RealisationResult> PartStore::read(int realisation) const {
  const fs::path file = path(realisation);
  if (!fs::exists(file)) return std::nullopt;
  RealisationResult result;
  result.injections = io::read_fits_table(file, "INJECTIONS");
  std::string hash;
  for (const auto& [key, value] : result.injections.notes())
    if (key == recipe_key) hash = value;
  if (hash != hash_)
    throw InputError({file.string(), recipe_key, hash.empty() ? "no recipe hash" : hash,
                      "a part of the recipe with hash " + hash_});
  const auto notes = result.injections.notes();
  result.injections.clear_notes();
  for (const auto& [key, value] : notes)
    if (key != recipe_key) result.injections.note(key, value);
  const std::vector<std::string> hdus = io::fits_hdu_names(file);
  const auto optional_table = [&](const std::string& name, io::Table& table) {
    const bool is_there = std::any_of(hdus.begin(), hdus.end(), [&](const std::string& hdu) {
      return hdu.find("(" + name + ")") != std::string::npos;
    });
    if (is_there) table = io::read_fits_table(file, name);
  };
  optional_table("EXAMPLES", result.examples);
  optional_table("MEASURED", result.measured);
  optional_table("PLACEHOLDERS", result.placeholders);
  optional_table("LADDER_ROWS", result.ladder);
  return result;
}

void write_run_file(const fs::path& output, const Recipe& recipe, const std::string& hash) {
  io::Json json = io::Json::object();
  json["recipe_folder"] = recipe.folder.string();
  json["recipe_hash"] = hash;
  json["recipe"] = resolved(recipe);
  io::write_json(output / "run.json", json);
}

std::optional<RunFile> read_run_file(const fs::path& output) {
  const fs::path file = output / "run.json";
  if (!fs::exists(file)) return std::nullopt;
  const io::Json json = io::read_json(file);
  for (const char* key : {"recipe_folder", "recipe_hash", "recipe"})
    if (!json.is_object() || !json.find(key))
      throw InputError({file.string(), key, "nothing", "a run.json written by arcproof"});
  RunFile run{recipe_from_json(json.at("recipe"), file.string(), json.at("recipe_folder").as_string()),
              json.at("recipe_hash").as_string()};
  return run;
}

}  // namespace arcproof::recipes

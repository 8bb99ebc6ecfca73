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

// Sections of recipe.json: what they fill lies in several members of Recipe.
struct PipelineSection {
  Recipe& recipe;
  void describe(Keys& keys) {
    recipe.pipeline.describe(keys);
    keys.flag("run_sed", recipe.run_sed, "false: no ages and masses");
    keys.object("sed_grid", recipe.grid, "grid of models");
  }
};

struct MassFunctionSection {
  Recipe& recipe;
  void describe(Keys& keys) {
    bool& corrected = recipe.correct_mass_function;
    keys.flag("run", recipe.run_mass_function, "false: no mass function");
    keys.flag("corrected", corrected,
              "also with mass errors and selection in the likelihood, the selection from the injections; not "
              "where population.observed_mag_ab sets the masses");
    keys.check(
        !(keys.given("corrected") && corrected && !recipe.run_mass_function), "corrected",
        [] { return std::string("true"); },
        "false, or no such key, with run false: nothing is fitted that it corrects");
    corrected = corrected && recipe.run_mass_function;
    recipe.mass_function.describe(keys);
    keys.optional_object("recovery", recipe.recovery,
                         "are known mass functions recovered? Product cmf_recovery.fits");
  }
};

struct ValidationSection {
  Recipe& recipe;
  void describe(Keys& keys) {
    recipe.match.describe(keys);
    keys.object("completeness", recipe.completeness, "bins of completeness and bias");
    recipe.correction.describe(keys);
    keys.number("control_area_arcsec2", recipe.control_area_arcsec2, "arcsec2",
                "area around the host, outside of it, in which objects are measured as controls",
                Allowed::between(0, 1e6));
    keys.flag("ladder", recipe.ladder,
              "measures recovered injections again with true values put in, step by step: which step of the "
              "analysis costs what. Product ladder.fits");
  }
};

}  // namespace

std::string HostRecipe::kind() const {
  return std::visit([](const auto& host) { return std::string(host.kind_name); }, choice);
}

bool HostRecipe::is_drawn() const {
  return std::holds_alternative<MaskHost>(choice) || std::holds_alternative<RegionsHost>(choice);
}

HostCentre HostRecipe::centre() const {
  return std::visit(
      [](const auto& host) {
        if constexpr (requires { host.centre; }) return host.centre;
        else return HostCentre{};
      },
      choice);
}

void Recipe::describe(Keys& keys) {
  for (const char* key : {"name", "bands", "fields"}) keys.required(key);
  keys.text("name", name, "short name: letters, digits, - and _");
  keys.text("title", title, "one line for the report");
  keys.text("data", data, "folder that $data/ in paths stands for; else the environment's ARCPROOF_DATA");
  keys.seed("seed", seed, "seed of all random streams; 0 is an ordinary seed");
  keys.object("cosmology", cosmology, "flat Lambda-CDM");
  keys.number("pixel_scale_arcsec", pixel_scale_arcsec, "arcsec", "pixel scale of simulated exposures",
              Allowed::above(0, 10));
  keys.list("bands", bands, "bands, in the order of the catalogues");
  keys.text("reference_band", reference_band, "band of detection and shapes");
  keys.text("second_reference_band", second_reference_band, "an S/N cut is also applied in this band");
  keys.object("truth_lens", truth_lens, "through which clumps are injected");
  keys.object("analysis_lens", analysis_lens, "with which they are delensed");
  keys.list("alternative_lenses", alternative_lenses,
            "lenses that every clump is delensed with as well: columns mu_NAME, radius_pc_NAME, "
            "log_mass_msun_NAME, and the product lens_systematics.fits");
  keys.number("lens_map_step_arcsec", lens_map_step_arcsec, "arcsec",
              "step of the deflection and Hessian maps", Allowed::between(0.005, 1));
  keys.object("truth_library", truth_library, "stellar library of injected clumps");
  keys.object("analysis_library", analysis_library, "stellar library of the SED fits");
  keys.number("covering_fraction", covering_fraction, "",
              "covering fraction: fraction of ionising photons reprocessed by the gas",
              sed::allowed_covering_fraction);
  keys.optional_object("sed", light, "dust and intergalactic gas of the SED fits, and of the truth");
  keys.optional_object("truth_sed", truth_light,
                       "of injected clumps and simulated skies, where it is another");
  keys.optional_object(
      "template_mismatch", template_mismatch,
      "fits of one kind of stellar population with another, on drawn photometry: the product "
      "template_mismatch.fits");
  keys.list("fields", fields, "fields; realisations take them in turn");
  keys.object("scene", scene, "simulated skies");
  keys.object("population", population, "what is injected");
  keys.object("injection", injection, "how much is injected");
  PipelineSection pipeline_section{*this};
  keys.object("pipeline", pipeline_section, "how it is measured");
  MassFunctionSection mass_function_section{*this};
  keys.object("mass_function", mass_function_section, "Claeyssens+2025, section 4.4");
  ValidationSection validation_section{*this};
  keys.object("validation", validation_section, "how truth and measurement are compared");
  keys.list("criteria", criteria, "what must come out for exit code 0");
}

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
  recipe.correction.seed = recipe.seed;
  recipe.match.reference_band = recipe.correction.reference_band = lower_case(recipe.reference_band);
  recipe.match.max_pass = recipe.pipeline.max_pass;
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

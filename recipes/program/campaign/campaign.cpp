#include "recipes/program/campaign/campaign.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/io/files.h"
#include "recipes/program/campaign/outputs.h"
#include "recipes/program/campaign/parts.h"
#include "recipes/program/campaign/products.h"
#include "recipes/program/campaign/progress.h"
#include "recipes/program/campaign/rounds.h"
#include "recipes/program/fields/field_setup.h"
#include "recipes/program/fields/science_catalogue.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

namespace arcproof::recipes {
namespace fs = std::filesystem;
namespace {

std::atomic<bool> stop_requested{false};

std::vector<FieldSetup> set_up_fields(const Recipe& recipe, const Inputs& inputs, const RunOptions& options) {
  std::vector<std::optional<FieldSetup>> slots(recipe.fields.size());
  Progress progress("fields", slots.size(), options.quiet);
  // Few fields: the threads go into each field's maps; many: one thread a field.
  const bool across = slots.size() >= static_cast<std::size_t>(options.threads);
  parallel_for(slots.size(), across ? options.threads : 1, [&](std::size_t i) {
    slots[i] = set_up_field(recipe, inputs, static_cast<int>(i), across ? 1 : options.threads);
    progress.advance();
  });
  std::vector<FieldSetup> fields;
  for (auto& slot : slots) fields.push_back(std::move(*slot));
  return fields;
}

std::vector<int> realisations_of(const Recipe& recipe, const Shard& shard) {
  std::vector<int> list;
  for (int r = 0; r < realisations_of(recipe); ++r)
    if (r % shard.count == shard.index - 1) list.push_back(r);
  return list;
}

// True when all realisations of the shard are on disk at the end.
bool run_realisations(const Recipe& recipe, const std::vector<FieldSetup>& fields, const PartStore& store,
                      const RunOptions& options, int first = 0) {
  std::vector<int> todo;
  for (const int r : realisations_of(recipe, options.shard))
    if (r >= first && (!options.resume || !store.is_whole(r))) todo.push_back(r);
  Progress progress("realisations", todo.size(), options.quiet);
  parallel_for(todo.size(), options.threads, [&](std::size_t i) {
    if (stop_requested) return;
    const FieldSetup& field = fields[static_cast<std::size_t>(todo[i]) % fields.size()];
    store.write(todo[i], run_realisation(field, todo[i], masses_of_realisation(recipe, todo[i])));
    progress.advance();
  });
  return !stop_requested;
}

// An earlier run's folder; a run killed at its very start leaves nothing but temporaries.
bool looks_like_output(const fs::path& folder) {
  if (fs::exists(folder / "run.json")) return true;
  const fs::directory_iterator entries(folder);
  return std::all_of(begin(entries), end(entries), [](const auto& entry) { return io::is_temporary(entry); });
}

void remove_files(const fs::path& folder, const std::function<bool(const fs::path&)>& chosen) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && chosen(entry.path())) found.push_back(entry.path());
  for (const fs::path& path : found) fs::remove(path);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && ::access(folder.c_str(), W_OK) != 0) error = std::error_code(errno, std::generic_category());
  if (error)
    throw InputError({folder.string(), "-o", "a folder that cannot be made or written: " + error.message(),
                      "a folder where you may write"});
}

// Sees that the output can be written before any work is done; takes the folder away again if the work fails
// before it has written anything.
class Claim {
 public:
  explicit Claim(fs::path folder) : folder_(std::move(folder)), is_new_(!fs::exists(folder_)) {
    make_folder(folder_);
  }
  ~Claim() {
    std::error_code ignored;
    if (is_new_ && fs::is_empty(folder_, ignored)) fs::remove(folder_, ignored);
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

 private:
  fs::path folder_;
  bool is_new_;
};

// Products and parts of an earlier run go before the new run.json comes, so that the folder never mixes two.
void make_output(const Recipe& recipe, const RunOptions& options, const std::string& hash) {
  const fs::path& out = options.output;
  make_folder(out);
  remove_files(out, io::is_temporary);
  if (!options.resume)
    remove_files(out, [](const fs::path& path) { return is_product(path.filename().string()); });
  if (fs::exists(out / "parts"))
    remove_files(out / "parts", [&](const fs::path& path) {
      return io::is_temporary(path) ||
             (!options.resume && path.filename().string().starts_with("realisation-"));
    });
  write_run_file(out, recipe, hash);
  make_folder(out / "parts");
}

// "counts.*", "bias.*", ...: what comes before the first dot, each once.
std::set<std::string> families_of(const std::vector<std::string>& names) {
  std::set<std::string> families;
  for (const std::string& name : names) families.insert(name.substr(0, name.find('.')) + ".*");
  return families;
}

// A criterion on a number that no run sets would fail, or be forgotten, only at the very end.
void check_criteria(const Recipe& recipe) {
  const std::vector<std::string> names = validation::names_of(metrics_of(recipe));
  for (std::size_t i = 0; i < recipe.criteria.size(); ++i) {
    const std::string& metric = recipe.criteria[i].metric;
    if (std::find(names.begin(), names.end(), metric) != names.end()) continue;
    const std::string family = metric.substr(0, metric.find('.') + 1);
    std::vector<std::string> near;
    for (const std::string& name : names)
      if (!family.empty() && name.starts_with(family) && near.size() < 12) near.push_back(name);
    throw InputError({recipe.file, fmt::format("criteria[{}].metric", i), "'" + metric + "'",
                      near.empty()
                          ? fmt::format("a metric of this recipe: {}", fmt::join(families_of(names), ", "))
                          : fmt::format("a metric of this recipe: {}, ...", fmt::join(near, ", "))});
  }
}

// Adds rounds until the correction has the effective injections that were asked for. False when interrupted.
bool add_rounds(Recipe& recipe, const std::vector<FieldSetup>& fields, const PartStore& store,
                const RunOptions& options, std::vector<RoundRecord>& records) {
  constexpr int most_rounds = 8;
  const io::Table catalogue = science_catalogue(fields);
  for (int round = 0;; ++round) {
    const io::Table injections = joined_parts(recipe, store).injections;
    const RoundPlan plan = next_round(recipe, catalogue, injections, options.until_neff);
    if (!records.empty()) records.back().effective_after = plan.effective_injections;
    log_line(plan.message, options.quiet);
    if (plan.realisations == 0 || round == most_rounds) return true;
    const int first = realisations_of(recipe);
    recipe.injection.rounds.push_back({plan.realisations, plan.mass_msun, true});
    records.push_back({first, plan.realisations, plan.mass_msun, plan.effective_injections, nan});
    if (!run_realisations(recipe, fields, store, options, first)) return false;
  }
}

RunStatus finish(const Recipe& recipe, const Inputs& inputs, const std::vector<FieldSetup>& fields,
                 const PartStore& store, const RunOptions& options, const RunClock& clock,
                 const std::vector<RoundRecord>& rounds = {}) {
  log_line("joining, comparing, correcting, reporting", options.quiet);
  switch (write_outputs(recipe, inputs, fields, store, options.output, options.threads, clock, rounds)) {
    case validation::Judgement::fail:
      return RunStatus::criteria_failed;
    case validation::Judgement::pass_with_warnings:
      return RunStatus::passed_with_warnings;
    default:
      return RunStatus::passed;
  }
}

}  // namespace

void request_stop() { stop_requested = true; }

Inputs check_recipe(const Recipe& recipe) {
  check_criteria(recipe);
  Inputs inputs = read_inputs(recipe);
  check_light(recipe, inputs);
  check_maps(recipe, inputs);
  return inputs;
}

void check_output(const Recipe& recipe, const RunOptions& options) {
  const fs::path& out = options.output;
  if (!fs::exists(out)) return;
  if (!fs::is_directory(out))
    throw InputError({out.string(), "-o", "a file", "a folder, new or of an earlier run of this recipe"});
  if (fs::is_empty(out)) return;
  if (!looks_like_output(out))
    throw InputError({out.string(), "-o", "a folder with other things in it",
                      "a new or empty folder, or one of an earlier run of this recipe"});
  const auto run = read_run_file(out);
  if (!run) return;
  const std::string hash = recipe_hash(recipe);
  if (run->recipe.name == recipe.name && (run->hash == hash || (options.overwrite && !options.resume)))
    return;
  throw InputError(
      {out.string(), "run.json",
       fmt::format("a run of recipe '{}' with hash {}", run->recipe.name, run->hash.substr(0, 12)),
       fmt::format("a run of recipe '{}' with hash {}, another folder{}", recipe.name, hash.substr(0, 12),
                   options.resume ? "" : ", or --overwrite for a changed recipe of the same name")});
}

RunStatus run_campaign(const Recipe& recipe, const Inputs& inputs, const RunOptions& options) {
  RunClock clock;
  if (options.until_neff > 0 && !options.shard.whole())
    throw InputError({"command line", "--until", "together with --shard", "one or the other"});
  if (options.until_neff > 0 && !corrects_mass_function(recipe))
    throw InputError({"command line", "--until", "a recipe that does not correct its mass function",
                      "mass_function.run and .corrected, pipeline.run_sed, no population.observed_mag_ab"});
  const std::string hash = recipe_hash(recipe);
  const Claim claim(options.output);
  const std::vector<FieldSetup> fields = set_up_fields(recipe, inputs, options);
  make_output(recipe, options, hash);
  const PartStore store(options.output, hash);
  if (!run_realisations(recipe, fields, store, options)) {
    log_line("interrupted; continue with --resume", options.quiet);
    return RunStatus::partial;
  }
  if (!options.shard.whole()) {
    log_line(fmt::format("shard {}/{} is done; join with: arcproof merge OUT {} ...", options.shard.index,
                         options.shard.count, options.output.string()),
             options.quiet);
    return RunStatus::passed;
  }
  if (!(options.until_neff > 0)) return finish(recipe, inputs, fields, store, options, clock);
  Recipe extended = recipe;
  std::vector<RoundRecord> rounds;
  if (!add_rounds(extended, fields, store, options, rounds)) {
    log_line("interrupted; continue with --resume and the same --until", options.quiet);
    return RunStatus::partial;
  }
  return finish(extended, inputs, fields, store, options, clock, rounds);
}

RunStatus merge_shards(const std::vector<fs::path>& shards, const RunOptions& options) {
  RunClock clock;
  std::optional<RunFile> first;
  for (const fs::path& shard : shards) {
    if (fs::weakly_canonical(shard) == fs::weakly_canonical(options.output))
      refuse(shard, "output", "one of the shards, which would be overwritten", "a folder of its own");
    const auto run = read_run_file(shard);
    if (!run) throw InputError({shard.string(), "run.json", "nothing", "the output folder of a shard"});
    if (first && run->hash != first->hash)
      throw InputError({shard.string(), "run.json", "hash " + run->hash.substr(0, 12),
                        "the recipe of the other shards, hash " + first->hash.substr(0, 12)});
    if (!first) first = run;
  }
  const Recipe& recipe = first->recipe;
  const std::string hash = recipe_hash(recipe);
  if (hash != first->hash)
    throw InputError({shards.front().string(), "run.json", "a recipe of another version of arcproof",
                      "shards of this version"});
  const Inputs inputs = check_recipe(recipe);
  check_output(recipe, options);

  std::vector<RealisationResult> results;
  std::vector<int> missing;
  for (int r = 0; r < realisations_of(recipe); ++r) {
    std::optional<RealisationResult> found;
    for (std::size_t s = 0; s < shards.size() && !found; ++s) found = PartStore(shards[s], hash).read(r);
    if (found) results.push_back(std::move(*found));
    else missing.push_back(r);
  }
  if (!missing.empty()) {
    log_line(fmt::format("{} of {} realisations are in none of the shards, the first is {}", missing.size(),
                         realisations_of(recipe), missing.front()),
             false);
    return RunStatus::partial;
  }
  const std::vector<FieldSetup> fields = set_up_fields(recipe, inputs, options);
  make_output(recipe, options, hash);
  const PartStore store(options.output, hash);
  for (int r = 0; r < realisations_of(recipe); ++r) store.write(r, results[static_cast<std::size_t>(r)]);
  return finish(recipe, inputs, fields, store, options, clock);
}

}  // namespace arcproof::recipes

// The loop: fields are made ready, realisations run in parallel, each leaves a part on disk; the parts are
// joined, compared, corrected and reported. Parts are the unit of checkpoints and shards; the tables do not
// depend on how the work was cut.
#pragma once

#include "recipes/program/fields/inputs.h"

#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::recipes {

struct Shard {
  int index = 1, count = 1;  ///< realisations with number % count == index - 1
  bool whole() const { return count == 1; }
};

struct RunOptions {
  std::filesystem::path output;
  int threads = 1;
  bool resume = false;     ///< keep parts of the same recipe that are there
  bool overwrite = false;  ///< take the place of a run of a changed recipe
  bool quiet = false;
  Shard shard;
  double until_neff = 0;  ///< > 0: more injections until the mass function has as many effective ones
};

enum class RunStatus { passed, passed_with_warnings, criteria_failed, partial };

/// Prepares inputs and checks all that can be checked without work. Throws InputError.
Inputs check_recipe(const Recipe& recipe);

/// Refuses an output folder that holds something else (InputError); nothing is written.
void check_output(const Recipe& recipe, const RunOptions& options);

/// `until_neff`: after the recipe's realisations, N_eff of the corrected power law (99% of its posterior
/// exceeds it; engine/population/selection.h) is looked at. While it is below what was asked for, a round of
/// realisations follows whose masses lie where the error of the correction comes from, its cost foretold on
/// stderr; at most 8 rounds, each at most four times what was there. What a round is depends on the tables
/// alone: --resume finds the same rounds again. manifest.json lists them.
///
/// Runs a recipe, or a shard of it (parts only). Interrupted by SIGINT or SIGTERM it ends with `partial`.
RunStatus run_campaign(const Recipe& recipe, const Inputs& inputs, const RunOptions& options);

/// Joins the parts of shards. Throws InputError when they belong to different recipes; `partial` when parts
/// are missing.
RunStatus merge_shards(const std::vector<std::filesystem::path>& shards, const RunOptions& options);

/// Asks a running campaign to stop at the next realisation. Safe in a signal handler.
void request_stop();

}  // namespace arcproof::recipes

// The command line of recipes: `arcproof run`, `check`, `merge`, `report` and `schema`.
#pragma once

#include <functional>
#include <vector>

#include <CLI/CLI.hpp>

namespace arcproof::recipes {

/// Exit codes: done and criteria met; error; bad usage or bad input, nothing written; ran, criteria not met;
/// partial, resumable.
inline constexpr int exit_done = 0, exit_internal = 1, exit_input = 2, exit_criteria = 3, exit_partial = 4;

/// One subcommand: `run`, called after the command line was parsed, gives the exit code.
struct CampaignCommand {
  CLI::App* app = nullptr;
  std::function<int()> run;
};

std::vector<CampaignCommand> add_campaign(CLI::App& app);

}  // namespace arcproof::recipes

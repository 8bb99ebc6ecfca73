// The program `arcproof`.
//
// Exit codes: 0 done and criteria met; 1 error; 2 bad usage or bad input, nothing written; 3 ran,
// criteria not met; 4 partial, resumable. Results go to stdout, progress and messages to stderr.
#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "recipes/campaign.h"
#include "recipes/manifest.h"
#include "reports/report.h"

#include <csignal>
#include <cstdio>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <malloc.h>

namespace arcproof::recipes {
namespace {

constexpr int exit_done = 0, exit_internal = 1, exit_input = 2, exit_criteria = 3, exit_partial = 4;

int exit_code(RunStatus status) {
  return status == RunStatus::passed            ? exit_done
         : status == RunStatus::criteria_failed ? exit_criteria
                                                : exit_partial;
}

std::vector<Override> overrides_from(const std::vector<std::string>& words) {
  std::vector<Override> overrides;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      throw InputError({"--set", word, "no '='", "key.sub=value"});
    overrides.push_back({word.substr(0, equals), word.substr(equals + 1)});
  }
  return overrides;
}

Shard shard_from(const std::optional<std::string>& given) {
  Shard shard;
  if (!given) return shard;
  const std::string& text = *given;
  int used = 0;
  if (std::sscanf(text.c_str(), "%d/%d%n", &shard.index, &shard.count, &used) != 2 ||
      used != static_cast<int>(text.size()) || shard.count < 1 || shard.index < 1 ||
      shard.index > shard.count)
    throw InputError({"--shard", text, "no shard", "i/n with 1 <= i <= n"});
  return shard;
}

void on_signal(int) { request_stop(); }

struct Arguments {
  std::string recipe, output;
  std::optional<std::string> shard;
  std::vector<std::string> set, shards;
  int threads = hardware_threads();
  bool resume = false, overwrite = false, quiet = false;

  RunOptions options(const std::string& default_output) const {
    return {output.empty() ? std::filesystem::path("out") / default_output : std::filesystem::path(output),
            threads,
            resume,
            overwrite,
            quiet,
            shard_from(shard)};
  }
};

int run(const Arguments& a) {
  const Recipe recipe = read_recipe(a.recipe, overrides_from(a.set));
  const RunOptions options = a.options(recipe.name);
  const Inputs inputs = check_recipe(recipe);
  check_output(recipe, options);
  const RunStatus status = run_campaign(recipe, inputs, options);
  if (options.shard.whole() && status != RunStatus::partial) {
    fmt::print("{}\n", (options.output / "report.html").string());
    if (status == RunStatus::criteria_failed)
      fmt::print(stderr, "criteria not met: see the top of the report\n");
  }
  return exit_code(status);
}

int check(const Arguments& a) {
  const Recipe recipe = read_recipe(a.recipe, overrides_from(a.set));
  check_recipe(recipe);
  fmt::print("{}: good; {} realisations of {} clumps in {} field(s), {} bands\n", recipe.name,
             recipe.injection.realisations, recipe.injection.clumps, recipe.fields.size(),
             recipe.bands.size());
  return exit_done;
}

int merge(const Arguments& a) {
  const RunStatus status = merge_shards({a.shards.begin(), a.shards.end()}, a.options(""));
  if (status != RunStatus::partial)
    fmt::print("{}\n", (std::filesystem::path(a.output) / "report.html").string());
  return exit_code(status);
}

int report(const Arguments& a) {
  reports::write_report(a.output);
  fmt::print("{}\n", (std::filesystem::path(a.output) / "report.html").string());
  return exit_done;
}

void add_run_options(CLI::App& command, Arguments& a) {
  command.add_option("-j,--threads", a.threads, "threads")->check(CLI::Range(1, 4096));
  command.add_flag("-q,--quiet", a.quiet, "no progress");
}

int dispatch(int argc, char** argv) {
  CLI::App app{
      "Injects synthetic star clumps through lens models into images, recovers them, and says how much of a "
      "catalogue is true."};
  app.require_subcommand(1);
  app.set_version_flag("--version", build_information().dump(false));
  Arguments a;

  CLI::App* run_command = app.add_subcommand("run", "run a recipe");
  run_command->add_option("recipe", a.recipe, "recipe folder")->required();
  run_command->add_option("-o,--output", a.output, "output folder (default: out/NAME)");
  run_command->add_option("--set", a.set, "key.sub=value, over the recipe's")->allow_extra_args(false);
  run_command->add_flag("--resume", a.resume, "keep the realisations that are done");
  run_command->add_flag("--overwrite", a.overwrite,
                        "let a changed recipe of the same name take the place of an earlier run");
  run_command->add_option("--shard", a.shard, "i/n: every n-th realisation, parts only");
  add_run_options(*run_command, a);

  CLI::App* check_command =
      app.add_subcommand("check", "read a recipe and all its inputs, and find what is wrong before any work");
  check_command->add_option("recipe", a.recipe, "recipe folder")->required();
  check_command->add_option("--set", a.set, "key.sub=value, over the recipe's")->allow_extra_args(false);

  CLI::App* merge_command = app.add_subcommand("merge", "join shards, in any order");
  merge_command->add_option("output", a.output, "output folder")->required();
  merge_command->add_option("shards", a.shards, "output folders of the shards")->required();
  add_run_options(*merge_command, a);

  CLI::App* report_command =
      app.add_subcommand("report", "render the report of an output folder again, from its tables");
  report_command->add_option("output", a.output, "output folder")->required();

  CLI::App* schema_command = app.add_subcommand("schema", "JSON Schema of a recipe");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    const bool unknown_command = argc > 1 && argv[1][0] != '-' && app.get_subcommands().empty();
    throw InputError({"command line", unknown_command ? argv[1] : "arguments",
                      unknown_command ? "no command of arcproof" : error.what(), "see arcproof --help"});
  }
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of writing, with a message
  if (*run_command) return run(a);
  if (*check_command) return check(a);
  if (*merge_command) return merge(a);
  if (*report_command) return report(a);
  if (*schema_command) fmt::print("{}", recipe_schema().dump());
  return exit_done;
}

}  // namespace
}  // namespace arcproof::recipes

int main(int argc, char** argv) {
  // Images come and go by the hundred: keep their memory instead of handing each back to the kernel.
  mallopt(M_MMAP_THRESHOLD, 1 << 28);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  using namespace arcproof;
  try {
    return recipes::dispatch(argc, argv);
  } catch (const InputError& error) {
    fmt::print(stderr, "arcproof: {}\n", error.what());
    return recipes::exit_input;
  } catch (const std::exception& error) {
    fmt::print(stderr, "arcproof: error: {}\n", error.what());
    return recipes::exit_internal;
  }
}

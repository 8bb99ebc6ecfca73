#include "recipes/program/campaign/options.h"

#include "engine/core/decimal.h"
#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "recipes/program/campaign/campaign.h"
#include "recipes/program/campaign/products.h"
#include "recipes/program/description/manual.h"
#include "reports/report.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

int exit_code(RunStatus status) {
  return status == RunStatus::criteria_failed ? exit_criteria
         : status == RunStatus::partial       ? exit_partial
                                              : exit_done;
}

std::vector<Override> overrides_from(const std::vector<std::string>& words) {
  std::vector<Override> overrides;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) throw InputError({"--set", word, "no '='", "key.sub=value"});
    if (equals == 0) throw InputError({"--set", word, "an empty key", "key.sub=value"});
    const std::string key = word.substr(0, equals);
    if (std::any_of(overrides.begin(), overrides.end(), [&](const Override& o) { return o.key == key; }))
      throw InputError({"--set", key, "given twice", "each key once"});
    overrides.push_back({key, word.substr(equals + 1)});
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

double neff_from(const std::optional<std::string>& given) {
  if (!given) return 0;
  constexpr std::string_view head = "neff=";
  const std::optional<double> value =
      given->starts_with(head) ? decimal_number(given->substr(head.size())) : std::nullopt;
  if (!value || !(*value > 0) || !std::isfinite(*value))
    throw InputError({"--until", *given, "no aim", "neff=N, N above 0"});
  return *value;
}

void on_signal(int) { request_stop(); }

// A stopped run leaves a folder that --resume takes up; other commands just end.
void stop_on_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

struct Arguments {
  std::string recipe, output;
  std::optional<std::string> shard, until;
  std::vector<std::string> set, shards;
  int threads = hardware_threads();
  bool resume = false, overwrite = false, quiet = false;

  RunOptions options(const std::string& default_output) const {
    return {output.empty() ? std::filesystem::path("out") / default_output : std::filesystem::path(output),
            threads,
            resume,
            overwrite,
            quiet,
            shard_from(shard),
            neff_from(until)};
  }
};

int run(const Arguments& a) {
  stop_on_signals();
  const Recipe recipe = read_recipe(a.recipe, overrides_from(a.set));
  const RunOptions options = a.options(recipe.name);
  const Inputs inputs = check_recipe(recipe);
  check_output(recipe, options);
  const RunStatus status = run_campaign(recipe, inputs, options);
  if (options.shard.whole() && status != RunStatus::partial) {
    fmt::print("{}\n", (options.output / "report.html").string());
    if (status == RunStatus::criteria_failed)
      fmt::print(stderr, "criteria not met: see the top of the report\n");
    if (status == RunStatus::passed_with_warnings)
      fmt::print(stderr, "criteria met, with warnings: see the top of the report\n");
  }
  return exit_code(status);
}

int check(const Arguments& a) {
  const Recipe recipe = read_recipe(a.recipe, overrides_from(a.set));
  check_recipe(recipe);
  fmt::print("{}: good; {} realisations of {} clumps in {} field(s), {} bands\n", recipe.name,
             realisations_of(recipe), recipe.injection.clumps, recipe.fields.size(), recipe.bands.size());
  return exit_done;
}

int merge(const Arguments& a) {
  stop_on_signals();
  const RunStatus status = merge_shards({a.shards.begin(), a.shards.end()}, a.options(""));
  if (status != RunStatus::partial)
    fmt::print("{}\n", (std::filesystem::path(a.output) / "report.html").string());
  return exit_code(status);
}

int report(const Arguments& a) {
  reports::write_report(a.output, report_sections());
  fmt::print("{}\n", (std::filesystem::path(a.output) / "report.html").string());
  return exit_done;
}

int schema(bool markdown) {
  fmt::print("{}", markdown ? recipe_manual() : recipe_schema().dump());
  return exit_done;
}

void add_run_options(CLI::App& command, Arguments& a) {
  command.add_option("-j,--threads", a.threads, "threads")->check(CLI::Range(1, 4096));
  command.add_flag("-q,--quiet", a.quiet, "no progress");
}

}  // namespace

std::vector<CampaignCommand> add_campaign(CLI::App& app) {
  const auto a = std::make_shared<Arguments>();
  CLI::App* run_command = app.add_subcommand("run", "run a recipe");
  run_command->add_option("recipe", a->recipe, "recipe folder")->required();
  run_command->add_option("-o,--output", a->output, "output folder (default: out/NAME)");
  run_command->add_option("--set", a->set, "key.sub=value, over the recipe's")->allow_extra_args(false);
  run_command->add_flag("--resume", a->resume, "keep the realisations that are done");
  run_command
      ->add_flag("--overwrite", a->overwrite,
                 "let a changed recipe of the same name take the place of an earlier run")
      ->excludes("--resume");
  run_command->add_option("--shard", a->shard, "i/n: every n-th realisation, parts only");
  run_command->add_option("--until", a->until,
                          "neff=N: more injections where the mass function needs them, until it has N "
                          "effective ones");
  add_run_options(*run_command, *a);

  CLI::App* check_command =
      app.add_subcommand("check", "read a recipe and all its inputs, and find what is wrong before any work");
  check_command->add_option("recipe", a->recipe, "recipe folder")->required();
  check_command->add_option("--set", a->set, "key.sub=value, over the recipe's")->allow_extra_args(false);

  CLI::App* merge_command = app.add_subcommand("merge", "join shards, in any order");
  merge_command->add_option("output", a->output, "output folder")->required();
  merge_command->add_option("shards", a->shards, "output folders of the shards")->required();
  add_run_options(*merge_command, *a);

  CLI::App* report_command =
      app.add_subcommand("report", "render the report of an output folder again, from its tables");
  report_command->add_option("output", a->output, "output folder")->required();

  CLI::App* schema_command = app.add_subcommand("schema", "print the JSON Schema of a recipe");
  CLI::Option* markdown = schema_command->add_flag("--markdown")
                              ->description("the manual of a recipe's keys instead, as Markdown");
  return {{run_command, [a] { return run(*a); }},
          {check_command, [a] { return check(*a); }},
          {merge_command, [a] { return merge(*a); }},
          {report_command, [a] { return report(*a); }},
          {schema_command, [markdown] { return schema(markdown->count() > 0); }}};
}

}  // namespace arcproof::recipes

#include "recipes/program/commands/masses/options.h"

#include "engine/core/parallel.h"
#include "recipes/program/commands/masses/cmf.h"
#include "recipes/program/commands/masses/correct.h"
#include "recipes/program/commands/option_keys.h"

#include <memory>

namespace arcproof::commands {
namespace {

Command add_cmf(CLI::App& app) {
  const auto arguments = std::make_shared<CmfArguments>();
  CmfArguments& c = *arguments;
  c.threads = hardware_threads();
  CLI::App* command = app.add_subcommand("cmf", "fit the cluster mass functions of one or more catalogues");
  command
      ->add_option(
          "catalog", c.catalogs,
          "FITS[HDU] or ECSV: log_mass_msun or mass_msun, its error, log_age_yr; several (lens models, "
          "say) are set side by side")
      ->required();
  command->add_option("--label", c.labels, "names of the catalogues: M1,M2,M3 (those of the files)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      ->add_option(
          "--injections", c.injections,
          "injections.fits of a run: corrects for mass errors and selection; with several catalogues "
          "once for each, in their order: the file, or none")
      ->allow_extra_args(false);
  command->add_option("--report", c.report, "HTML page: table, mass functions, posteriors");
  command
      ->add_option("--injected-masses", c.injected_masses_msun,
                   "LOW HIGH [Msun], uniform in log; without a manifest.json beside the injections")
      ->expected(2);
  const auto keys = std::make_shared<OptionKeys>(*command);
  keys->add(c);
  command->add_option("-o,--output", c.output, "FITS tables")->required();
  command->add_option("-j,--threads", c.threads, "threads")->check(CLI::Range(1, 4096));
  return {command, [arguments, keys] {
            keys->set(*arguments);
            return run_cmf(*arguments);
          }};
}

Command add_correct(CLI::App& app) {
  const auto arguments = std::make_shared<CorrectArguments>();
  CorrectArguments& c = *arguments;
  c.threads = hardware_threads();
  CLI::App* command = app.add_subcommand("correct", "correct a catalogue by the injections of a run");
  command
      ->add_option("catalog", c.catalog,
                   "FITS[HDU] or ECSV: columns as in science_catalog.fits; others are kept")
      ->required();
  command->add_option("--injections", c.run, "folder of a finished run")->required();
  const auto keys = std::make_shared<OptionKeys>(*command);
  keys->add(c);
  command->add_option("-o,--output", c.output, "FITS tables CATALOG and COUNTS")->required();
  command->add_option("-j,--threads", c.threads, "threads")->check(CLI::Range(1, 4096));
  return {command, [arguments, keys] {
            keys->set(*arguments);
            return run_correct(*arguments);
          }};
}

}  // namespace

std::vector<Command> add_masses(CLI::App& app) { return {add_cmf(app), add_correct(app)}; }

}  // namespace arcproof::commands

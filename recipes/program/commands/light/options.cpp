#include "recipes/program/commands/light/options.h"

#include "engine/core/parallel.h"
#include "recipes/program/commands/light/library.h"
#include "recipes/program/commands/light/sed.h"
#include "recipes/program/commands/option_keys.h"

#include <memory>

namespace arcproof::commands {
namespace {

// A library that is fitted with needs no words about it.
const OptionKeys::Names sed_names = {{"stars_over_gas_ebv", "--stars-over-gas"},
                                     {"bin_ends_myr", "--bins"},
                                     {"name", ""},
                                     {"imf", ""},
                                     {"tracks", ""},
                                     {"citation", ""}};

Command add_library(CLI::App& app) {
  const auto arguments = std::make_shared<LibraryArguments>();
  LibraryArguments& l = *arguments;
  CLI::App* command = app.add_subcommand("library", "convert stellar libraries to one FITS file");
  command->add_option("files", l.source.files, "files of one library")->required();
  const auto keys = std::make_shared<OptionKeys>(*command);
  keys->add(l.source);
  l.source.names = [keys](const std::string& field) { return keys->option_of(field); };
  command->add_option("-o,--output", l.output, "FITS file")->required();
  return {command, [arguments, keys] {
            keys->set(arguments->source);
            return run_library(*arguments);
          }};
}

Command add_sed(CLI::App& app) {
  const auto arguments = std::make_shared<SedArguments>();
  SedArguments& s = *arguments;
  s.threads = hardware_threads();
  CLI::App* command = app.add_subcommand("sed", "fit stellar populations to a table of photometry");
  command->add_option("catalog", s.catalog, "FITS[HDU] or ECSV: flux_BAND, flux_BAND_err, z, mu, id")
      ->required();
  command->add_option("--unit", s.unit, "nJy, uJy, mJy, Jy or mag, where the table does not say it");
  command->add_option("--filter", s.filters, "BAND=FILE; else embedded")->allow_extra_args(false);
  command->add_option("--library", s.library.files, "files of a stellar library; else the embedded one");
  const auto keys = std::make_shared<OptionKeys>(*command, sed_names);
  keys->add(s);
  s.library.names = [keys](const std::string& field) { return keys->option_of(field); };
  command->add_option("-o,--output", s.output, "FITS tables SED, POSTERIOR and, of continuity, HISTORY")
      ->required();
  command->add_option("--report", s.report, "HTML page: colours with tracks, spectra with photometry");
  command->add_option("-j,--threads", s.threads, "threads")->check(CLI::Range(1, 4096));
  return {command, [arguments, keys] {
            keys->set(*arguments);
            return run_sed(*arguments);
          }};
}

}  // namespace

std::vector<Command> add_light(CLI::App& app) { return {add_library(app), add_sed(app)}; }

}  // namespace arcproof::commands

#include "recipes/program/commands/light/options.h"

#include "engine/core/parallel.h"
#include "engine/sed/attenuation.h"
#include "engine/sed/igm.h"
#include "recipes/program/commands/light/library.h"
#include "recipes/program/commands/light/sed.h"

#include <memory>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::commands {
namespace {

void add_library_options(CLI::App& command, sed::LibrarySource& source) {
  source.names = [](const std::string& field) {
    return field == "mass_msun"           ? "--mass"
           : field == "solar_metallicity" ? "--solar-metallicity"
                                          : "--" + field;
  };
  command.add_option("--format", source.format,
                     fmt::format("{} (auto)", fmt::join(sed::library_formats(), ", ")));
  command.add_option("--metallicity", source.metallicity, "Z of files that do not say it");
  command.add_option("--mass", source.mass_msun, "starburst99: mass of the burst [Msun] (1e6)");
  command.add_option("--solar-metallicity", source.solar_metallicity, "fsps: Z of Log(Z/Zsol) = 0 (0.0142)");
}

Command add_library(CLI::App& app) {
  const auto arguments = std::make_shared<LibraryArguments>();
  LibraryArguments& l = *arguments;
  CLI::App* command = app.add_subcommand("library", "convert stellar libraries to one FITS file");
  command->add_option("files", l.source.files, "files of one library")->required();
  add_library_options(*command, l.source);
  command->add_option("--name", l.source.name, "replaces what the format says; so do the next");
  command->add_option("--imf", l.source.imf, "initial mass function");
  command->add_option("--tracks", l.source.tracks, "tracks of stellar evolution");
  command->add_option("--citation", l.source.citation, "what to cite");
  command->add_option("-o,--output", l.output, "FITS file")->required();
  return {command, [arguments] { return run_library(*arguments); }};
}

Command add_sed(CLI::App& app) {
  const auto arguments = std::make_shared<SedArguments>();
  SedArguments& s = *arguments;
  s.threads = hardware_threads();
  CLI::App* command = app.add_subcommand("sed", "fit stellar populations to a table of photometry");
  command->add_option("catalog", s.catalog, "FITS[HDU] or ECSV: flux_BAND, flux_BAND_err, z, mu, id")
      ->required();
  command->add_option("--protocol", s.protocol,
                      "claeyssens2025 (posterior, default), claeyssens2023, or continuity (hosts)");
  command->add_option("--z", s.z, "redshift of all rows, without a column z");
  command->add_option("--unit", s.unit, "nJy, uJy, mJy, Jy or mag, where the table does not say it");
  command->add_option("--filter", s.filters, "BAND=FILE; else embedded")->allow_extra_args(false);
  command->add_option("--library", s.library.files, "files of a stellar library; else the embedded one");
  add_library_options(*command, s.library);
  command
      ->add_option("--covering-fraction", s.covering_fraction,
                   "of ionising photons (2025: 1, 2023: 0.5; 0,0.5,1: an axis of the grid)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--attenuation", s.attenuation,
                      fmt::format("{} (calzetti2000)", fmt::join(sed::dust_law_names(), ", ")));
  command->add_option("--stars-over-gas", s.stars_over_gas_ebv,
                      "E(B-V) of stars over that of gas (1; Calzetti+2000: 0.44)");
  command->add_option("--igm", s.igm, fmt::format("{} (madau1995)", fmt::join(sed::igm_law_names(), ", ")));
  command
      ->add_option("--log-u", s.log_u,
                   "2023: ionisation parameter of the gas (-2.5; -3,-2: an axis of the grid)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--tau", s.tau_myr, "2025: of the exponential history [Myr] (1)");
  command->add_option("--age-prior", s.age_prior, "2025: uniform (default) or log_uniform");
  command
      ->add_option("--bins", s.bin_ends_myr,
                   "continuity: ends of the bins [Myr before the observation] (10,30,50,100,200,...)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--live-points", s.live_points, "continuity: of the nested sampling (400)");
  command->add_flag("--upper-limits", s.upper_limits,
                    "2025, continuity: undetected bands as limits, not signed fluxes");
  command->add_option("--draws", s.draws, "2025, continuity: of the posterior, each row (1000)");
  command->add_option("--min-bands", s.min_bands, "detected bands that a fit needs (4)");
  command->add_option("--seed", s.seed, "of the draws (1)");
  command->add_option("-o,--output", s.output, "FITS tables SED, POSTERIOR and, of continuity, HISTORY")
      ->required();
  command->add_option("--report", s.report, "HTML page: colours with tracks, spectra with photometry");
  command->add_option("--colors", s.colors, "BLUE,MIDDLE,RED: bands of the report's colours (chosen)");
  command->add_option("--spectra", s.spectra, "rows whose spectra the report shows (24)")
      ->check(CLI::Range(0, 1000));
  command->add_option("-j,--threads", s.threads, "threads")->check(CLI::Range(1, 4096));
  return {command, [arguments] { return run_sed(*arguments); }};
}

}  // namespace

std::vector<Command> add_light(CLI::App& app) { return {add_library(app), add_sed(app)}; }

}  // namespace arcproof::commands

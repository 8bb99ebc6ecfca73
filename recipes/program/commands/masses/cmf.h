// The command `arcproof cmf`.
#pragma once

#include "engine/core/keys.h"
#include "engine/population/mass_function.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace arcproof::commands {

/// `arcproof cmf`: the cluster mass function of a catalogue, power law and Schechter, as published
/// (engine/population/mass_function.h); with injections also corrected for mass errors and selection
/// (engine/population/corrected.h).
///
/// What columns are read: validation/studies/mass_function_tables.h. The injections are the table of a run
/// (injections.fits); manifest.json or run.json beside it says in which range of masses they were drawn.
/// Refused: a catalogue with fewer than 3 clusters within the cuts; injections of another recipe (where both
/// say it) or of other bands; injections of which none was found; masses outside the range.
///
/// Several catalogues (the same clusters by other lens models, as in table 2 of Claeyssens et al. 2025) are
/// fitted each as if it were alone, with the same random numbers. The file then begins with the table
/// COMPARISON, a row for each catalogue and model, and all tables have a first column `catalogue`. A
/// catalogue is corrected by its own injections only: those of another lens model suffered other
/// magnifications.
struct CmfArguments {
  std::vector<std::string> catalogs;  ///< FITS or FITS[HDU], or ECSV; each once
  std::vector<std::string> labels;    ///< as many as catalogues, or none: the names of the files
  /// FITS or FITS[HDU], or ECSV. Empty, or one for each catalogue: "none" for a catalogue without injections.
  std::vector<std::string> injections;
  std::optional<double> mass_error_dex;      ///< of all rows, over the table's
  std::vector<double> injected_masses_msun;  ///< low, high; where no file beside the injections says it
  double lowest_mass_msun = 0;               ///< of the population, true masses; 0: the least injected mass
  population::MassFunctionOptions options;
  std::uint64_t seed = 1;
  std::filesystem::path output;  ///< FITS tables MASSFUNC, CHAIN_MODEL, CONVERGENCE and CORRECTED
  std::filesystem::path report;  ///< HTML (reports/pages/cmf_page.h); may be empty
  int threads = 1;

  /// All but files, labels, injected masses and threads.
  void describe(Keys& keys) {
    keys.optional_number("mass_error_dex", mass_error_dex, "dex", "of all rows, over the table's",
                         Allowed::between(0, 5));
    options.describe(keys);
    keys.number("lowest_mass_msun", lowest_mass_msun, "Msun",
                "of the corrected population; 0: the least injected", Allowed::between(0, 1e13));
    keys.check(
        lowest_mass_msun <= options.min_mass_msun, "lowest_mass_msun",
        [this] { return fmt::format("{:g}", lowest_mass_msun); },
        fmt::format("at most the lower mass limit of the sample, {:g}", options.min_mass_msun));
    keys.seed("seed", seed, "of chains and bootstraps");
  }
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_cmf(const CmfArguments& arguments);

}  // namespace arcproof::commands

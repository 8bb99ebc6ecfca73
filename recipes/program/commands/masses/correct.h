// The command `arcproof correct`.
#pragma once

#include "validation/correction/posterior.h"

#include <filesystem>
#include <string>

namespace arcproof::commands {

/// `arcproof correct`: corrections of a catalogue from the injections of a run, row by row, as a run does for its
/// own catalogue (validation/correction/corrected.h).
///
/// The catalogue is FITS or ECSV; its rows and columns are kept as they are, in their order, and the corrections
/// follow. It must have mag_<band>, flux_<band> and flux_<band>_err of the run's reference band; every other column
/// that it shares with the run's catalogue (sizes, S/N, chi^2, colours, mass, age, magnification, surroundings) makes
/// the corrections sharper. Without `selected` all rows are. Corrections that it holds already (a
/// science_catalog.fits) are made anew; in any other table a column of the same name is refused. Options and seed of the
/// run's own corrections stand in its recipe, and are not taken from there.
///
/// RUN: folder of a finished run, with injections.fits, manifest.json and measured.fits (without the latter, p_true
/// has only injections of wrong flux to tell apart).
struct CorrectArguments {
  std::string catalog;        ///< FITS, FITS[HDU] or ECSV
  std::filesystem::path run;  ///< folder
  validation::CorrectionOptions options;
  std::filesystem::path output;  ///< FITS tables CATALOG and COUNTS
  int threads = 1;

  void describe(Keys& keys) {
    options.describe(keys);
    keys.seed("seed", options.seed, "of the forest");
  }
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_correct(const CorrectArguments& arguments);

}  // namespace arcproof::commands

// The command `arcproof sed`.
#pragma once

#include "engine/core/keys.h"
#include "engine/sed/fits/continuity.h"
#include "engine/sed/fits/posterior.h"
#include "engine/sed/libraries/library_formats.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::commands {

/// `arcproof sed`: ages, masses, metallicities and dust from a table of photometry.
///
/// Columns (any case): flux_BAND and flux_BAND_err [nJy, uJy, mJy, Jy, or mag AB], flux_BAND_limit (optional,
/// same unit: of an undetected band), z (or --z), mu (optional: fluxes and errors are divided by it), id
/// (optional). NaN is a band that was not observed. Fluxes are corrected for Milky-Way extinction by the
/// user.
struct SedArguments {
  std::string catalog;                      ///< FITS or FITS[HDU], or ECSV
  std::string protocol = "claeyssens2025";  ///< or claeyssens2023; continuity, for hosts
  std::optional<double> z;                  ///< of all rows, where there is no column z
  std::string unit;                         ///< of the fluxes, where the table does not say it
  std::vector<std::string> filters;         ///< BAND=FILE; else the embedded ones
  sed::LibrarySource library;               ///< no files: the embedded analytic one
  sed::SynthesisOptions light;              ///< dust and intergalactic gas, of all protocols
  std::vector<double> covering_fraction;    ///< none: the protocol's; several: an axis of claeyssens2023
  std::vector<double> log_u;         ///< of claeyssens2023, several: an axis; free in the other protocols
  sed::PosteriorModel clumps;        ///< of claeyssens2025: history and prior of the age
  sed::ContinuityModel hosts;        ///< of continuity: bins
  inference::NestedOptions sampler;  ///< of continuity
  sed::PosteriorOptions posterior;   ///< draws and non-detections of both; min_bands of all protocols
  std::uint64_t seed = 1;
  /// FITS table SED, a row for each given; POSTERIOR, the draws; HISTORY of continuity, a row for each bin
  std::filesystem::path output;
  std::filesystem::path report;  ///< HTML: colours with tracks, spectra with photometry; may be empty
  std::string colors;            ///< BLUE,MIDDLE,RED: bands of the colour-colour diagram; empty: chosen
  int spectra = 24;              ///< rows whose spectra the report shows
  int threads = 1;

  /// All but files, filters, the unit and threads. What the protocol, or a run without a report, does not know
  /// is refused: it would change nothing.
  void describe(Keys& keys);
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_sed(const SedArguments& arguments);

}  // namespace arcproof::commands

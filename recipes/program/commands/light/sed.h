// The command `arcproof sed`.
#pragma once

#include "engine/sed/libraries/library_file.h"
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
  std::string catalog;                       ///< FITS or FITS[HDU], or ECSV
  std::string protocol = "claeyssens2025";   ///< or claeyssens2023; continuity, for hosts
  double z = 0;                              ///< of all rows, where there is no column z
  std::string unit;                          ///< of the fluxes, where the table does not say it
  std::vector<std::string> filters;          ///< BAND=FILE; else the embedded ones
  sed::LibrarySource library;                ///< no files: the embedded analytic one
  std::vector<double> covering_fraction;     ///< none: 1 of claeyssens2025, 0.5 of claeyssens2023;
                                             ///< several: an axis of the grid of claeyssens2023
  std::optional<double> tau_myr;             ///< of the exponential history of claeyssens2025 (1)
  std::vector<double> bin_ends_myr;          ///< of continuity; none: those of Claeyssens+2025
  std::string attenuation = "calzetti2000";  ///< names of engine/sed/attenuation.h
  std::string igm = "madau1995";
  double stars_over_gas_ebv = 1;  ///< E(B-V) of stars over that of gas
  std::vector<double> log_u;      ///< of claeyssens2023 (-2.5; several: an axis); free in claeyssens2025
  std::optional<std::string> age_prior;  ///< uniform (default) or log_uniform; claeyssens2025
  bool upper_limits = false;             ///< undetected bands as limits, also in the posteriors
  std::optional<int> draws;              ///< of the posteriors (1000); redraws of claeyssens2023: 100
  std::optional<int> live_points;        ///< of the sampler of continuity (400)
  int min_bands = 4;
  std::uint64_t seed = 1;
  /// FITS table SED, a row for each given; POSTERIOR, the draws; HISTORY of continuity, a row for each bin
  std::filesystem::path output;
  std::filesystem::path report;  ///< HTML: colours with tracks, spectra with photometry; may be empty
  std::string colors;            ///< BLUE,MIDDLE,RED: bands of the colour-colour diagram; empty: chosen
  std::optional<int> spectra;    ///< rows whose spectra the report shows (24)
  int threads = 1;
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_sed(const SedArguments& arguments);

}  // namespace arcproof::commands

// The command `arcproof delens`.
#pragma once

#include "engine/core/keys.h"
#include "recipes/program/commands/lenses/lens_source.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace arcproof::commands {

/// `arcproof delens`: a catalogue of clumps as it is in the source plane, after Claeyssens et al. (2023),
/// table B2 (engine/lens/delens.h).
///
/// Columns (any case): ra, dec [deg]; z (or --z); a shape: sigma_major and sigma_minor (or axis_ratio) with
/// pa_deg where they differ, or sigma_circular, or r_eff (of a Gaussian, PSF removed), each with an ending
/// _arcsec or _pix or with that unit, and errors _err, or _err_minus and _err_plus; photometry: flux_BAND
/// with flux_BAND_err, or mag_BAND (AB) with mag_BAND_err; id. The tables of `arcproof fit` have them all but
/// z. NaN is what is not known: a clump without a shape keeps its place and magnification.
struct DelensArguments {
  LensArguments lens;
  std::string catalog;            ///< FITS or FITS[HDU], or ECSV
  std::optional<double> z;        ///< of all rows, where there is no column z
  double pixel_scale_arcsec = 0;  ///< of the reference band: the floor of sizes is 0.4 pixel
  int draws = 0;                  ///< joint draws of fit and lens of each clump; 0: none
  std::string redraws;     ///< FILE[HDU]: REDRAWS of `fit --keep-redraws`; empty: from the catalogue's errors
  std::uint64_t seed = 1;  ///< of the draws
  std::filesystem::path output;  ///< FITS tables CLUMPS, one row per row given, in their order, and DRAWS
  int threads = 1;

  void describe(Keys& keys) {
    keys.integer("draws", draws, "",
                 "joint draws of flux and size of each clump: table DRAWS, columns joint_*; 0: none",
                 Allowed::between(0, 100000));
    keys.check(
        draws != 1, "draws", [] { return std::string("1, which has no scatter"); },
        "0 (none), or 2 and more");
    keys.seed("seed", seed, "of the draws");
  }
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_delens(const DelensArguments& arguments);

}  // namespace arcproof::commands

// The command `arcproof lens-map`.
#pragma once

#include "recipes/program/commands/lenses/lens_source.h"

#include <filesystem>
#include <optional>
#include <string>

namespace arcproof::commands {

/// `arcproof lens-map`: the lens on a grid, as a file (engine/lens/sources/map_file.h; further keywords
/// ZLENS, H0, OMEGAM), with its critical lines.
struct LensMapArguments {
  LensArguments lens;              ///< posterior_rows adds the images MU_Q16, MU_MEDIAN and MU_Q84
  FieldArguments field;            ///< none of a map: its own grid (arcproof's only)
  std::optional<double> z, dlsds;  ///< for which source the numbers are: one of the two
  std::filesystem::path output;
  std::filesystem::path critical, caustics;  ///< DS9; may be empty
  /// FITS image N_IMAGES: how many images a source at each place of the source plane has; may be empty.
  std::filesystem::path multiplicity;
  int threads = 1;
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_lens_map(const LensMapArguments& arguments);

}  // namespace arcproof::commands

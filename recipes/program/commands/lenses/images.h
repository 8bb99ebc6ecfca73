// The command `arcproof images`.
#pragma once

#include "recipes/program/commands/lenses/lens_source.h"

#include <filesystem>
#include <optional>
#include <string>

namespace arcproof::commands {

/// `arcproof images`: where the source of an image, or of each row of a catalogue, is seen.
struct ImagesArguments {
  LensArguments lens;
  FieldArguments field;                      ///< where images of a model are looked for: 100" at 0.1"
  std::string catalog;                       ///< ra, dec [deg], z, id; or one position:
  std::optional<double> ra, dec;             ///< on the sky [deg]
  std::optional<double> source_x, source_y;  ///< or in the source plane [arcsec, lens frame, +x west]
  std::optional<double> z;
  std::filesystem::path output;   ///< FITS tables IMAGES and SOURCES
  std::filesystem::path regions;  ///< DS9; may be empty
  int threads = 1;
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_images(const ImagesArguments& arguments);

}  // namespace arcproof::commands

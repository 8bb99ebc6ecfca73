// The command `arcproof library`.
#pragma once

#include "engine/sed/libraries/library_file.h"
#include "engine/sed/libraries/library_formats.h"

#include <filesystem>
#include <string>

namespace arcproof::commands {

/// `arcproof library`: stellar libraries of any known format, as one file of the layout of
/// engine/sed/libraries/library_file.h.
struct LibraryArguments {
  sed::LibrarySource source;
  std::filesystem::path output;
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_library(const LibraryArguments& arguments);

}  // namespace arcproof::commands

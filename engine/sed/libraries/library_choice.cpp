#include "engine/sed/libraries/library_choice.h"

#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/libraries/bc03.h"
#include "engine/sed/libraries/library_formats.h"

namespace arcproof::sed {

std::vector<std::string> files_of(const LibraryChoice& choice) {
  if (const auto* bc03 = std::get_if<Bc03LibraryChoice>(&choice)) return bc03->files;
  if (const auto* file = std::get_if<FileLibraryChoice>(&choice)) return file->files;
  return {};
}

Library read_library(const LibraryChoice& choice, const std::vector<std::filesystem::path>& paths) {
  if (std::holds_alternative<AnalyticLibraryChoice>(choice)) return analytic_library();
  if (std::holds_alternative<Bc03LibraryChoice>(choice)) return read_bc03(paths);
  LibrarySource source;
  source.files = paths;
  return convert_library(source);
}

}  // namespace arcproof::sed

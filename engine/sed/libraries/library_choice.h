// A stellar library as a recipe asks for it: one of three kinds.
#pragma once

#include "engine/core/keys.h"
#include "engine/sed/libraries/library.h"

#include <filesystem>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace arcproof::sed {

/// The embedded one.
struct AnalyticLibraryChoice {
  static constexpr const char* kind_name = "analytic";
  void describe(Keys&) {}
  bool operator==(const AnalyticLibraryChoice&) const = default;
};

struct Bc03LibraryChoice {
  static constexpr const char* kind_name = "bc03";
  std::vector<std::string> files;
  void describe(Keys& keys) { keys.texts("files", files, "the .ised files, one a metallicity"); }
  bool operator==(const Bc03LibraryChoice&) const = default;
};

/// Any format of engine/sed/libraries/library_file.h.
struct FileLibraryChoice {
  static constexpr const char* kind_name = "file";
  std::vector<std::string> files;
  void describe(Keys& keys) { keys.texts("files", files, "the files of one library"); }
  bool operator==(const FileLibraryChoice&) const = default;
};

using LibraryChoice = std::variant<AnalyticLibraryChoice, Bc03LibraryChoice, FileLibraryChoice>;

/// The files of a choice, in its order; none of the embedded library.
std::vector<std::string> files_of(const LibraryChoice& choice);

/// `paths`: where the files of the choice are, in its order. Throws what the formats' readers throw.
Library read_library(const LibraryChoice& choice, const std::vector<std::filesystem::path>& paths);

}  // namespace arcproof::sed

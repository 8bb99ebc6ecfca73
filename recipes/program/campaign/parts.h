// Parts: what a realisation leaves on disk, whole or not at all.
#pragma once

#include "recipes/program/fields/realisation.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::recipes {

class PartStore {
 public:
  PartStore(std::filesystem::path output, std::string recipe_hash);

  std::filesystem::path folder() const { return output_ / "parts"; }
  std::filesystem::path path(int realisation) const;
  void write(int realisation, const RealisationResult& result) const;
  /// The part, or nothing when it is missing. Throws InputError when it is of another recipe or damaged.
  std::optional<RealisationResult> read(int realisation) const;
  /// Whether the part is there and undamaged; one that cannot be read is as good as missing. Throws
  /// InputError when it is of another recipe.
  bool is_whole(int realisation) const;

 private:
  std::filesystem::path output_;
  std::string hash_;
};

/// run.json of an output folder: the recipe as resolved, its folder and its hash.
void write_run_file(const std::filesystem::path& output, const Recipe& recipe, const std::string& hash);
struct RunFile {
  Recipe recipe;
  std::string hash;
};
std::optional<RunFile> read_run_file(const std::filesystem::path& output);

}  // namespace arcproof::recipes

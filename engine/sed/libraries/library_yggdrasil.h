// Text files of Yggdrasil. Private to engine/sed.
#pragma once

#include "engine/sed/libraries/library_readers.h"

#include <filesystem>

namespace arcproof::sed::formats {

Burst read_yggdrasil(const std::filesystem::path& path, const LibrarySource& source);

/// Covering fraction of the gas in a Yggdrasil grid, as its name tells: fcov_0.5; 0 where it does not.
double yggdrasil_covering_fraction(const std::filesystem::path& path);

}  // namespace arcproof::sed::formats

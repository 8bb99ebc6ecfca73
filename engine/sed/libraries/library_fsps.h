// Text files of FSPS. Private to engine/sed.
#pragma once

#include "engine/sed/libraries/library_readers.h"

#include <filesystem>

namespace arcproof::sed::formats {

Burst read_fsps(const std::filesystem::path& path, const LibrarySource& source);

}  // namespace arcproof::sed::formats

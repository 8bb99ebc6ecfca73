// Text files of BPASS, Starburst99 and Maraston (2005). Private to engine/sed.
#pragma once

#include "engine/sed/libraries/library_readers.h"

#include <filesystem>

namespace arcproof::sed::formats {

Burst read_bpass(const std::filesystem::path& path);
Burst read_starburst99(const std::filesystem::path& path, const LibrarySource& source);
Burst read_maraston2005(const std::filesystem::path& path);

}  // namespace arcproof::sed::formats

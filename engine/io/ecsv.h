// Enhanced character-separated values (ECSV 1.0, Aldcroft 2015 APE 6): a text table that astropy and TOPCAT
// read with units.
#pragma once

#include "engine/io/table.h"

#include <filesystem>

namespace arcproof::io {

/// Writes a table with scalar columns, whole or not at all. Missing integers and texts are empty fields.
void write_ecsv(const std::filesystem::path& path, const Table& table);

}  // namespace arcproof::io

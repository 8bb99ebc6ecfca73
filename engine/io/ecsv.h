// Enhanced character-separated values (ECSV 1.0, Aldcroft 2015 APE 6): a text table that astropy and TOPCAT
// read with units.
#pragma once

#include "engine/io/table.h"

#include <filesystem>

namespace arcproof::io {

/// Writes a table with scalar columns, whole or not at all. Missing integers and texts are empty fields.
void write_ecsv(const std::filesystem::path& path, const Table& table);

/// Reads a table with scalar columns: delimited by spaces or commas, fields quoted or not. Integers of any
/// size up to 64 bits and reals of any precision; an empty field is a missing value (NaN, missing_integer,
/// "", false). Comment lines and empty lines among the rows are skipped; the header's `meta` is not kept.
/// Throws InputError with the number of the line: no ECSV, an unknown datatype, columns of arrays or objects,
/// names that differ from the header's, a row of another length, a field that is no number.
Table read_ecsv(const std::filesystem::path& path);

}  // namespace arcproof::io

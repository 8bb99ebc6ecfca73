// The report: one self-contained HTML page with figures, from the tables and JSON files of an output folder.
// Knows no physics.
#pragma once

#include <filesystem>

namespace arcproof::reports {

/// Reads report.json, convergence.json and the FITS tables of a finished run and writes report.html. Throws
/// InputError naming what is missing.
void write_report(const std::filesystem::path& output);

}  // namespace arcproof::reports

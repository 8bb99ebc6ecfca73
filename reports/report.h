// The report: one self-contained HTML page with figures, from the tables and JSON files of an output folder.
// Knows no physics.
#pragma once

#include "reports/sections/section.h"

#include <filesystem>
#include <span>

namespace arcproof::reports {

/// Reads report.json, convergence.json and the tables that these sections ask for, and writes report.html:
/// header, links to the sections, the sections in this order, footer. Throws InputError naming what is missing.
void write_report(const std::filesystem::path& output, std::span<const SectionMaker> sections);

}  // namespace arcproof::reports

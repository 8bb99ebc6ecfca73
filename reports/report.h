// The report: one self-contained HTML page with figures, from the tables and JSON files of an output folder.
// Knows no physics.
//
// A new product needs a file in reports/sections (see section.h there), and its maker in all_sections.
#pragma once

#include "reports/sections/section.h"

#include <filesystem>
#include <span>

namespace arcproof::reports {

/// The sections of a whole report, in the order of the page.
std::span<const SectionMaker> all_sections();

/// Reads report.json, convergence.json and the tables that these sections ask for, and writes report.html:
/// header, links to the sections, the sections in this order, footer. Throws InputError naming what is missing.
void write_report(const std::filesystem::path& output, std::span<const SectionMaker> sections);

}  // namespace arcproof::reports

// Emission lines of the populations that a recipe's SED fits know.
#pragma once

#include "engine/io/table.h"
#include "recipes/program/campaign/inputs.h"

namespace arcproof::recipes {

/// Table LINES: rest-frame equivalent widths (engine/sed/equivalent_width.h) from 1 to 10 Myr by the analysis
/// library, with its gas and without dust. A row for each line, history (those of pipeline.sed_grid and a
/// burst), metallicity (of pipeline.sed_grid) and, fastest, age.
///   line, history ("burst" or "10 Myr"), metallicity, age_myr
///   equivalent_width   [Angstrom]; NaN where the library does not hold the line
io::Table emission_line_widths(const Recipe& recipe, const Inputs& inputs);

}  // namespace arcproof::recipes

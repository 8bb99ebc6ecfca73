// Emission lines of the populations that SED fits know.
#pragma once

#include "engine/io/table.h"
#include "engine/sed/synthesis.h"

#include <vector>

namespace arcproof::pipeline {

/// Table LINES: rest-frame equivalent widths (engine/sed/equivalent_width.h) from 1 to 10 Myr by a library, with
/// the gas of `light` and without dust. A row for each line, history (those of the fits and a burst), metallicity
/// (of the fits, mass fraction Z) and, fastest, age.
///   line, history ("burst" or "10 Myr"), metallicity, age_myr
///   equivalent_width   [Angstrom]; NaN where the library does not hold the line
io::Table emission_line_widths(const sed::Library& library, const std::vector<sed::StarFormation>& of_fits,
                               const std::vector<double>& metallicities_of_fits,
                               const sed::SynthesisOptions& light);

}  // namespace arcproof::pipeline

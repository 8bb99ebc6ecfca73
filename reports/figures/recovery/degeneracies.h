// Errors in age that go together with errors in dust or metallicity though the template is right, and ages of
// the same clumps under one template and under another.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <string>
#include <vector>

namespace arcproof::reports {

/// Errors in age against those in dust and metallicity with the right template, ages under two templates; none
/// where the run did not compare templates clump by clump.
std::vector<html::Figure> degeneracy_figures(const RunFolder& run);

/// In words, from a rank correlation of the errors: what fits that are too old have; "" for NaN.
std::string dust_direction(double correlation);
std::string metallicity_direction(double correlation);

}  // namespace arcproof::reports

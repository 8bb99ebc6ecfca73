// Mass function: counts of the clusters, the fitted laws and their posteriors.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <vector>

namespace arcproof::reports {

inline constexpr TableName mass_function_table{"mass_function.fits", "MASSFUNC"};

/// Cumulative counts, posteriors, and the corrected fit where there is one.
std::vector<html::Figure> mass_function_figures(const RunFolder& run);

}  // namespace arcproof::reports

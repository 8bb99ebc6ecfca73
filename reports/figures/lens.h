// The choice of the lens model: every true lens against every lens of the analysis.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <vector>

namespace arcproof::reports {

inline constexpr TableName lens_pairs_table{"lens_systematics.fits", "PAIRS"};

/// Offsets by true and analysis lens; none where the run does not compare lenses.
std::vector<html::Figure> lens_figures(const RunFolder& run);

}  // namespace arcproof::reports

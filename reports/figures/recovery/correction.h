// Whether corrections hold: reliability of p_detect, corrected counts beside the true ones.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <vector>

namespace arcproof::reports {

inline constexpr TableName detection_table{"correction.fits", "DETECTION"},
    limits_table{"correction.fits", "LIMITS"}, counts_table{"correction.fits", "COUNTS"};

std::vector<html::Figure> correction_figures(const RunFolder& run);

}  // namespace arcproof::reports

// Are known mass functions recovered? Mocks seen through the run's injections, as published and corrected.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <vector>

namespace arcproof::reports {

inline constexpr TableName recovery_table{"cmf_recovery.fits", "RECOVERY"};

/// Recovered slopes and their calibration; none where the run made no mocks.
std::vector<html::Figure> recovery_figures(const RunFolder& run);

}  // namespace arcproof::reports

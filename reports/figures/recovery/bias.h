// Bias along magnitude, signal to noise and size; pulls and coverage: are measured values right, and are their
// errors honest?
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <vector>

namespace arcproof::reports {

inline constexpr TableName error_factor_table{"error_factor.fits", "ERROR_FACTOR"};

/// Measured - true along magnitude, S/N and size.
std::vector<html::Figure> bias_figures(const RunFolder& run);
/// Pulls of the reference flux, and by which factor errors are too small; pulls and coverage of every quantity.
std::vector<html::Figure> pull_figures(const RunFolder& run);

}  // namespace arcproof::reports

// The science catalogue in the light of the injections.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <vector>

namespace arcproof::reports {

/// The true clumps of a simulated host, a row an image.
inline constexpr TableName host_truth_table{"host_truth.fits", "HOST_TRUTH"};

/// p_detect of the science rows: on the plane of mass (or magnitude) and radius, and its distribution.
std::vector<html::Figure> science_figures(const RunFolder& run);

}  // namespace arcproof::reports

// Recovered against true, one figure a quantity.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <vector>

namespace arcproof::reports {

/// Recovered against true; a quantity that was not measured says so.
std::vector<html::Figure> truth_figures(const RunFolder& run);

}  // namespace arcproof::reports

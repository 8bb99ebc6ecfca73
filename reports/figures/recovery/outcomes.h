// What became of the injections: every one has an outcome, lost ones included.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <vector>

namespace arcproof::reports {

/// Shares of the outcomes by magnitude, and all of them as a table.
std::vector<html::Figure> outcome_figures(const RunFolder& run);

}  // namespace arcproof::reports

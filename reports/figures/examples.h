// Recovered clumps as images: data, model, residual.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <vector>

namespace arcproof::reports {

/// Cutouts of recovered clumps, from faint to bright.
std::vector<html::Figure> example_figures(const RunFolder& run);

}  // namespace arcproof::reports

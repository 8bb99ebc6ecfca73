// Completeness: curves along one axis with their counts, and the map magnitude x radius.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <vector>

namespace arcproof::reports {

/// Curves against magnitude, radius and mass, and the map.
std::vector<html::Figure> completeness_figures(const RunFolder& run);

}  // namespace arcproof::reports

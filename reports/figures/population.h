// Population results as figures: sizes against masses, formation redshifts.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <string_view>
#include <vector>

namespace arcproof::reports {

inline constexpr std::string_view population_file = "population.fits";
inline constexpr TableName relations_table{population_file, "RELATIONS", Needed::with_file};

/// Sizes against masses with the fitted relation, and formation redshifts; none where the folder has no
/// population.fits.
std::vector<html::Figure> population_figures(const RunFolder& run);

}  // namespace arcproof::reports

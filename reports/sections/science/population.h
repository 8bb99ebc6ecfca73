// Population of the science catalogue's clumps: densities, ages, sizes, boundedness.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> population_section(const RunFolder& run);

}  // namespace arcproof::reports

// Depth, bias and coverage of every band.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> bands_section(const RunFolder& run);

}  // namespace arcproof::reports

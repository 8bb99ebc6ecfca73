// The criteria of the recipe and their verdicts.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> criteria_section(const RunFolder& run);

}  // namespace arcproof::reports

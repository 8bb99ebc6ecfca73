// Completeness: how likely is a clump to be found?
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> completeness_section(const RunFolder& run);

}  // namespace arcproof::reports

// Completeness: how likely is a clump to be found?
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

inline constexpr TableName chance_table{"chance.fits", "CHANCE"};

std::optional<Section> completeness_section(const RunFolder& run);

}  // namespace arcproof::reports

// Every recovered clump, measured against true.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> truth_section(const RunFolder& run);

}  // namespace arcproof::reports

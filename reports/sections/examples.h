// Images of recovered clumps.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> examples_section(const RunFolder& run);

}  // namespace arcproof::reports

// Outcomes of the injections, the lost ones included.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> outcomes_section(const RunFolder& run);

}  // namespace arcproof::reports

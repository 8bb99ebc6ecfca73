// Recovered mass functions: mocks of known ones, seen through the injections.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> recovery_section(const RunFolder& run);

}  // namespace arcproof::reports

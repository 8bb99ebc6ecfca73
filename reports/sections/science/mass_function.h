// The mass function: parameters with intervals and bootstraps, counts, posteriors.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> mass_function_section(const RunFolder& run);

}  // namespace arcproof::reports

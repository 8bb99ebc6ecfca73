// Convergence of the mass function's sampler: its diagnostics, and what they mean in a sentence.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> convergence_section(const RunFolder& run);

}  // namespace arcproof::reports

// The truth-substitution ladder: which step of the analysis makes which bias.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> ladder_section(const RunFolder& run);

}  // namespace arcproof::reports

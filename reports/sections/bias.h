// Bias, pulls and coverage of the measured quantities.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> bias_section(const RunFolder& run);

}  // namespace arcproof::reports

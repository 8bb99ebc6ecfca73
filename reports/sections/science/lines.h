// Emission lines of the populations that the SED fits know.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> lines_section(const RunFolder& run);

}  // namespace arcproof::reports

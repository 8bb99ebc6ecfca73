// The science catalogue with what the injections say of it: figures, and its first rows.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> science_section(const RunFolder& run);

}  // namespace arcproof::reports

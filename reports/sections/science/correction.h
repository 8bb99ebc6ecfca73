// Whether the corrections of the catalogue hold.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> correction_section(const RunFolder& run);

}  // namespace arcproof::reports

// Lens models: what a wrong one does to the catalogue.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> lens_section(const RunFolder& run);

}  // namespace arcproof::reports

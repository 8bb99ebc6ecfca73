// Stellar templates: what a wrong library, history or dust law does to ages, masses and dust.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> templates_section(const RunFolder& run);

}  // namespace arcproof::reports

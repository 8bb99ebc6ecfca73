// All numbers of a run, folded by family.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

/// Of metrics.fits.
std::optional<Section> metrics_section(const RunFolder& run);

}  // namespace arcproof::reports

// The point-spread functions of the injections and of the fits.
#pragma once

#include "reports/sections/section.h"

namespace arcproof::reports {

std::optional<Section> psf_section(const RunFolder& run);

}  // namespace arcproof::reports

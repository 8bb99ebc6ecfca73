// Point-spread functions: radial profiles of the reference band, and differences in all bands.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <vector>

namespace arcproof::reports {

/// Radial profiles and what differs between them.
std::vector<html::Figure> psf_figures(const RunFolder& run);

}  // namespace arcproof::reports

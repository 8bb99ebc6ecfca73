// Axes that figures of a run share.
#pragma once

#include "reports/drawing/figure_tools.h"
#include "reports/figures/run_folder.h"

namespace arcproof::reports {

/// Completeness against magnitude.
inline constexpr TableName completeness_mag_table{"completeness.fits", "MAG", Needed::always};

/// Magnitudes of interest: from the brightest injections to somewhat beyond the depth, the 50% magnitude and
/// the faintest recovered clump; far fainter injections say nothing more.
Range magnitude_range(const RunFolder& run);

}  // namespace arcproof::reports

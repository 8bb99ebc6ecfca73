// Wrong stellar templates: every true template against every one that was fitted.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <vector>

namespace arcproof::reports {

inline constexpr TableName template_pairs_table{"template_mismatch.fits", "PAIRS"};

/// Offsets by true and fitted template, and along age and redshift; none where the run does not compare
/// templates.
std::vector<html::Figure> template_figures(const RunFolder& run);

}  // namespace arcproof::reports

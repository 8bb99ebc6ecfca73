// The parts of the page that are words and tables.
#pragma once

#include "reports/figures/run_folder.h"

#include <string>

namespace arcproof::reports {

std::string header_html(const RunFolder& run);  ///< title, verdict, counts, notes
std::string criteria_html(
    const RunFolder& run);  ///< what was asked of this run before it began, and what came out
std::string catalogue_html(const RunFolder& run);      ///< first rows of the corrected science catalogue
std::string mass_function_html(const RunFolder& run);  ///< parameters with intervals and bootstraps
std::string convergence_html(
    const RunFolder& run);  ///< diagnostics of the sampler, and what they mean in a sentence
std::string bands_html(const RunFolder& run);   ///< depth, bias and coverage of every band
std::string footer_html(const RunFolder& run);  ///< where it comes from

}  // namespace arcproof::reports

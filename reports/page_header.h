// The head of the report: title, verdict, counts, and what a reader must not miss whatever the verdict.
#pragma once

#include "reports/figures/run_folder.h"

#include <string>

namespace arcproof::reports {

/// Warns of flux errors that are too small, of a depth that is not reached and of fluxes that are grossly wrong,
/// lists every built-in check that warns, and gives the notes of report.json.
std::string header_html(const RunFolder& run);

}  // namespace arcproof::reports

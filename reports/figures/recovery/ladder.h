// The truth-substitution ladder: which step of the analysis makes the bias of each quantity.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <string>
#include <vector>

namespace arcproof::reports {

inline constexpr TableName ladder_table{"ladder.fits", "LADDER"};

/// One quantity, by rung.
struct LadderQuantityRows {
  std::string name, unit;  ///< unit for people: mag, dex
  double n = 0;            ///< clumps
  std::vector<std::string> rung;
  std::vector<double> bias, bias_err, change, change_err, coverage, coverage_err;
};

/// Quantities with a bias, in the order of the table; none where the run has no ladder.
std::vector<LadderQuantityRows> ladder_quantities(const RunFolder& run);

/// "true position" for position, "as measured": words for people.
std::string rung_label(const std::string& rung);

/// The bias at each rung, a panel for each quantity; none where the run has no ladder.
std::vector<html::Figure> ladder_figures(const RunFolder& run);

}  // namespace arcproof::reports

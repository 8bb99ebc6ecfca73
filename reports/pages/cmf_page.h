// The page of `arcproof cmf`: the mass functions of several catalogues side by side, as Table 2, Fig. 8 and
// Fig. A.1 of Claeyssens+2025 show them for their lens models. Plain numbers in, one self-contained HTML page
// out.
#pragma once

#include "reports/drawing/mass_curves.h"
#include "reports/pages/cmf_data.h"

#include <array>
#include <string>
#include <vector>

namespace arcproof::reports {

/// Throws SystemError as Plot::svg.
std::string cmf_page(const CmfPage& page);

/// N(> M) of clusters as corners of a staircase, from all of them at `log_min` down to none at the heaviest.
std::vector<std::array<double, 2>> cumulative_staircase(std::vector<double> log_mass, double log_min);

/// The band of cumulative_band for clusters that reach from min_mass_msun to max_mass_msun (may be infinite):
/// N(> M) = total [I(M) - I(max)] / [I(min) - I(max)], I(M) the integral of the mass function above M.
CurveBand cumulative_band_within(const std::vector<double>& beta, const std::vector<double>& log_cutoff,
                                 double min_mass_msun, double max_mass_msun, double total,
                                 double log_mass_high);

}  // namespace arcproof::reports

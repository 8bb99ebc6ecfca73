// Curves of a mass function through draws of its parameters: N(> M) with its 68% band.
#pragma once

#include <vector>

namespace arcproof::reports {

/// Number expected above each mass when `total` lie above min_mass_msun, for the density M^beta exp(-M / M_c)
/// (no cut-off when log_cutoff is infinite): total * integral(M, inf) / integral(min, inf), by trapezoids in
/// ln M; good to 1e-4 of total. A power law needs beta < -1.
std::vector<double> cumulative_counts(double beta, double log_cutoff, double min_mass_msun, double total,
                                      const std::vector<double>& log_mass);

struct CurveBand {
  std::vector<double> log_mass, low, median, high;  ///< 16, 50 and 84% of the draws at each mass
};

/// At most 400 of the draws, evenly spread over them. `log_cutoff` is empty for a power law. Empty without
/// draws.
CurveBand cumulative_band(const std::vector<double>& beta, const std::vector<double>& log_cutoff,
                          double min_mass_msun, double total, double log_mass_high);

}  // namespace arcproof::reports

// The page of `arcproof cmf`: the mass functions of several catalogues side by side, as Table 2, Fig. 8 and
// Fig. A.1 of Claeyssens+2025 show them for their lens models. Plain numbers in, one self-contained HTML page
// out.
#pragma once

#include "engine/core/missing.h"
#include "reports/drawing/mass_curves.h"

#include <array>
#include <string>
#include <vector>

namespace arcproof::reports {

/// What is known of one parameter of one model: as published, and corrected (NaN: not known).
struct CmfParameter {
  std::array<double, 3> published;  ///< 16, 50, 84% of the posterior
  double mode;                      ///< of the posterior
  std::array<double, 3> bootstrap;  ///< 16, 50, 84% of the maxima over redrawn masses and ages
  std::array<double, 3> corrected;  ///< 16, 50, 84%, the Monte-Carlo error within
  bool converged = false;           ///< its chains, by the criteria of validation/convergence.h
  double r_hat = nan, ess = nan;    ///< of its chains; the lesser of bulk and tail ESS
  bool at_prior_edge = false;       ///< the posterior piles up at an end of its prior
};

struct CmfCatalogue {
  std::string label;
  std::vector<double> log_mass;  ///< log10 [Msun] of the clusters in the fit
  /// Draws of the posteriors. Without fits: empty.
  std::vector<double> power_law_beta, schechter_beta, schechter_log_cutoff;
  CmfParameter power_law, beta, log_cutoff;  ///< slope of the power law; of the Schechter function both
  std::string correction;  ///< "" where there are no injections; else "ok", or why there are no numbers
};

struct CmfPage {
  std::string title;
  std::string cuts;  ///< "above 2e+06 Msun and younger than 100 Myr"
  double min_mass_msun = 0, max_mass_msun = 0;
  std::vector<CmfCatalogue> catalogues;  ///< at most `most_catalogues`: each has a colour
};
inline constexpr std::size_t most_catalogues = 6;

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

// What the page of `arcproof cmf` shows: catalogues, their posteriors and what is known of each parameter.
#pragma once

#include "engine/core/missing.h"

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

}  // namespace arcproof::reports

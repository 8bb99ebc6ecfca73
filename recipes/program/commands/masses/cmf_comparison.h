// Mass functions of several catalogues side by side: tables with a column `catalogue`, and the page.
#pragma once

#include "reports/pages/cmf_page.h"
#include "validation/studies/mass_function_tables.h"

#include <span>
#include <string>
#include <vector>

namespace arcproof::commands {

/// What was fitted to one catalogue.
struct ComparedFit {
  std::string label, file;
  std::span<const population::ClusterMass> clusters;
  const studies::PublishedMassFunctions& published;
  std::span<const population::CorrectedFit> corrected;  ///< empty without injections
  std::span<const io::Table> tables;                    ///< as the command writes them for one catalogue
};

/// COMPARISON, a row for each catalogue and model: number of clusters; whether the chains have converged;
/// at_prior_edge, the parameters that pile up at an end of their prior; for beta and log_cutoff_msun median,
/// q16, q84, mode, mode_redrawn_median, _q16, _q84, corrected_median, _q16, _q84, _monte_carlo_error (NaN where
/// there is none; correction_status says why), r_hat, ess_bulk and ess_tail. Then the tables of all
/// catalogues, those of one name joined, with a first column `catalogue`.
std::vector<io::Table> compared_tables(std::span<const ComparedFit> fits);

/// The catalogue on the page; `cuts` as it was fitted.
reports::CmfCatalogue page_entry(const ComparedFit& fit, const population::MassFunctionOptions& cuts);

}  // namespace arcproof::commands

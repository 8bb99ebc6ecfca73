// The words and the table of the page of `arcproof cmf`: what its numbers say, and what they do not.
#pragma once

#include "reports/pages/cmf_data.h"

#include <span>
#include <string>

namespace arcproof::reports {

/// Of two slopes, with the error of a difference: the halves of their 68% intervals added in quadrature. That
/// is right for independent catalogues. Those of the same clusters, by several lens models say, share most of
/// their scatter, and theirs is less than this.
struct SlopeDifference {
  std::size_t first = 0, second = 0;  ///< catalogues
  double value = nan, error = nan;    ///< >= 0; NaN where no two have slopes
  double sigma() const;               ///< value / error
};
/// Of all pairs of power laws, that of the most sigma.
SlopeDifference largest_difference(std::span<const CmfCatalogue> catalogues);

/// Cuts, slopes, how much they differ, and the warnings: chains that have not converged, posteriors at the
/// end of their prior.
std::string cmf_lead_html(const CmfPage& page);
/// The parameters of all catalogues, and the state of their chains.
std::string cmf_table_html(const CmfPage& page);

}  // namespace arcproof::reports

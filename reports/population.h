// Population results beside the mass function: population.fits as tables of the page.
#pragma once

#include "reports/html.h"
#include "reports/run_folder.h"

#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::reports {

/// Medians by bin of redshift, as measured and corrected; bound fractions; size relations. "" where the
/// folder has no population.fits or the catalogue was too small for any.
std::string population_html(const std::filesystem::path& output);

/// Sizes against masses with the fitted relation, and formation redshifts; none where the folder has no
/// population.fits.
std::vector<html::Figure> population_figures(const RunFolder& run, const std::filesystem::path& output);

}  // namespace arcproof::reports

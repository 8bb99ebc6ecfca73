// Population results beside the mass function: population.fits as tables of the page.
#pragma once

#include <filesystem>
#include <string>

namespace arcproof::reports {

/// Medians by bin of redshift, as measured and corrected; bound fractions; size relations. "" where the
/// folder has no population.fits or the catalogue was too small for any.
std::string population_html(const std::filesystem::path& output);

}  // namespace arcproof::reports

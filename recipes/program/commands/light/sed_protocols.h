// What the protocols of `arcproof sed` share: each takes the same catalogue to tables and to rows of the page
// (sed_grid.h, sed_posterior.h, sed_continuity.h).
#pragma once

#include "engine/io/table.h"
#include "engine/sed/fits/posterior.h"
#include "engine/sed/libraries/library.h"
#include "recipes/program/commands/light/sed.h"
#include "recipes/program/commands/light/sed_catalog.h"
#include "recipes/program/commands/light/sed_report.h"
#include "recipes/program/commands/shared.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace arcproof::commands {

struct SedInputs {
  const SedArguments& arguments;
  const PhotometryCatalog& catalog;
  std::shared_ptr<const sed::Library> library;
  std::vector<sed::Filter> filters;  ///< of the catalogue's bands
};

struct SedProducts {
  std::vector<io::Table> tables;  ///< the first is SED, a row for each of the catalogue
  std::vector<FittedRow> rows;
  sed::SynthesisOptions synthesis;
  sed::StarFormation tracks;  ///< history of the colour tracks of the page
  bool limits_in_likelihood = false;
};

/// Rows that share a redshift, and so a grid; in order of redshift. Rows at fault, which have no photometry,
/// are with the first.
std::map<double, std::vector<std::size_t>> by_redshift(const PhotometryCatalog& catalog);

std::string word(sed::SedStatus status);

/// What a protocol synthesises by itself, with dust, intergalactic gas and, where they are given, covering
/// fraction and ionisation parameter of the arguments.
sed::SynthesisOptions with_light(const SedArguments& arguments, sed::SynthesisOptions protocol);

/// A table SED with the columns id, z and status: that of the fit or, of rows at fault, theirs.
io::Table sed_table(const PhotometryCatalog& catalog, const std::vector<sed::SedStatus>& status);

/// Columns NAME (the median), NAME_lo, NAME_hi (16%, 84%) and NAME_best.
template <class Get>
void add_summary(io::Table& table, const std::string& name, const std::string& unit,
                 const std::string& description, std::size_t rows, Get summary_of_row) {
  const auto part = [&](const char* suffix, const char* what, double sed::PosteriorSummary::*value) {
    add_reals(table, name + suffix, unit, description + "; " + what, rows,
              [&](std::size_t i) { return summary_of_row(i).*value; });
  };
  part("", "median", &sed::PosteriorSummary::median);
  part("_lo", "16%", &sed::PosteriorSummary::low);
  part("_hi", "84%", &sed::PosteriorSummary::high);
  part("_best", "best fit", &sed::PosteriorSummary::best);
}

/// Columns of any posterior: its bands and chi-squared; its evidence and the points behind its draws.
template <class Posterior>
void add_bands(io::Table& table, const std::vector<Posterior>& fits) {
  add_integers(table, "bands_detected", "bands with S/N > 2", fits.size(),
               [&](std::size_t i) { return std::int64_t{fits[i].bands_detected}; });
  add_integers(table, "bands_used", "bands in the likelihood", fits.size(),
               [&](std::size_t i) { return std::int64_t{fits[i].bands_used}; });
  add_reals(table, "chi2", "", "of the best fit", fits.size(), [&](std::size_t i) { return fits[i].chi2; });
}
template <class Posterior>
void add_evidence(io::Table& table, const std::vector<Posterior>& fits) {
  add_reals(table, "log_evidence", "", "natural logarithm; fluxes in nJy, priors normalised", fits.size(),
            [&](std::size_t i) { return fits[i].log_evidence; });
  add_reals(table, "log_evidence_err", "", "1 sigma of the method", fits.size(),
            [&](std::size_t i) { return fits[i].log_evidence_error; });
  add_reals(table, "effective_points", "", "independent points behind the draws", fits.size(),
            [&](std::size_t i) { return fits[i].effective_points; });
}

/// What the page says of a row, whatever the protocol.
FittedRow report_row(const PhotometryCatalog& catalog, const io::Column& id, std::size_t row,
                     sed::SedStatus status);

/// "NAME = 1.23 (+0.1 -0.2)" as HTML.
std::string interval_html(const char* name, double value, double low, double high, int decimals);

}  // namespace arcproof::commands

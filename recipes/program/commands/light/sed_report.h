// The page of `arcproof sed --report`: from fits to the colours, tracks and spectra of reports/pages/sed_page.h.
#pragma once

#include "engine/sed/fits/grids/fit_grid.h"
#include "engine/sed/fits/grids/grid.h"
#include "reports/pages/sed_page.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::commands {

/// One model that a fit came to: populations with their masses, and the gas they share.
struct FitMember {
  std::vector<sed::FormedMass> populations;
  double log_u = sed::reference_log_u;
  std::optional<double> covering_fraction = {};  ///< else that of the report's options
};

/// What the page tells of a row of the catalogue.
struct FittedRow {
  std::string id;
  double z = 0;
  std::vector<sed::BandFlux> photometry;  ///< demagnified
  bool fitted = false;
  std::string status;
  FitMember best;
  std::vector<FitMember> members;            ///< of the posterior or of the redraws; some of them are drawn
  std::string facts_html;                    ///< mass, age, ... in a line
  std::vector<reports::HistoryBin> history;  ///< where the fit is of a history in bins
  double log_age_yr = 0;                     ///< that colours the clump
};

struct SedReport {
  std::string title, lead_html;
  std::shared_ptr<const sed::Library> library;
  std::vector<sed::Filter> filters;
  sed::SynthesisOptions options;
  sed::StarFormation history;  ///< of the tracks
  std::vector<double> track_metallicity;
  bool limits_in_likelihood = false;  ///< false: undetected bands are in it as signed fluxes
  double min_snr = 2;
  std::string colors;  ///< BLUE,MIDDLE,RED or ""
  std::size_t spectra = 24;
  std::vector<FittedRow> rows;
};

/// Three bands for the colours of clumps at z: those named in `colors`; else, of the bands with a detection
/// in half of the clumps, the three nearest to rest-frame B, V and I (Claeyssens+2023, Fig. 13). Empty where
/// there are no three. Throws InputError for names that are no bands.
std::vector<std::size_t> colour_bands(const SedReport& report, double z);

/// HTML. One diagram for each of the four redshifts with the most clumps; spectra of the first rows.
std::string sed_report_html(const SedReport& report);

}  // namespace arcproof::commands

// The page of `arcproof sed`: a colour-colour diagram with the tracks of the models, and the spectrum of each
// clump with its photometry. Plain numbers in, one self-contained HTML page out.
#pragma once

#include "reports/drawing/line_widths.h"

#include <string>
#include <vector>

namespace arcproof::reports {

/// Colours [mag AB] of a model along its age, from the youngest on.
struct ColourTrack {
  struct Step {
    double x, y, log_age_yr;
  };
  std::string name;  ///< "Z = 0.004"
  std::vector<Step> steps;
};

struct ColourDiagram {
  std::string title, x_label, y_label;
  std::vector<ColourTrack> tracks;
  /// Clumps with a detection in all three bands; log_age_yr of the fit, NaN without.
  struct Clump {
    double x, y, x_err, y_err, log_age_yr;
  };
  std::vector<Clump> clumps;
  double dust_x = 0, dust_y = 0;  ///< shift by A_V = dust_av_mag
  double dust_av_mag = 0;
};

/// Star formation rate [Msun / yr] within a bin of time before the observation [Myr].
struct HistoryBin {
  double young_myr, old_myr;
  double median, low, high;  ///< 50%, 16% and 84% quantiles of the posterior
};

struct SpectrumPlot {
  std::string title;
  std::string facts_html;  ///< a line under the figure
  double z = 0;
  /// Observed wavelength [um], f_nu [nJy] of the best model, and the 16% and 84% quantiles over the members
  /// of the fit there (NaN without members).
  struct Sample {
    double um, best, low, high;
  };
  std::vector<Sample> spectrum;
  struct Band {
    std::string name;
    double um, um_low, um_high;  ///< pivot and half-power points
    double flux, error, limit;   ///< [nJy]; NaN flux: not observed; limit not above 0: none
    double model;                ///< of the best model
    bool detected, used;         ///< S/N high enough; in the likelihood
  };
  std::vector<Band> bands;
  std::vector<HistoryBin> history;  ///< a figure of its own beside the spectrum; empty: none
};

struct SedPage {
  std::string title, lead_html;
  std::vector<ColourDiagram> diagrams;
  std::vector<SpectrumPlot> spectra;
  std::string line_lead_html;           ///< what the widths are of
  std::vector<LineWidths> line_widths;  ///< empty: no section
};

/// Throws SystemError as Plot::svg.
std::string sed_page(const SedPage& page);

}  // namespace arcproof::reports

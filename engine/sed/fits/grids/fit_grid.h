// The chi-squared fit of photometry over a grid of models. Protocol `claeyssens2023`: Claeyssens+2023
// section 5.4.
#pragma once

#include "engine/core/keys.h"
#include "engine/core/random.h"
#include "engine/sed/fits/grids/grid.h"

#include <cstddef>
#include <vector>

namespace arcproof::sed {

/// Photometry of one clump: signed fluxes, corrected for magnification and Milky-Way extinction by the
/// caller.
struct BandFlux {
  double flux_njy = 0;  ///< NaN: not observed
  double error_njy = 0;
  /// Flux of the band's limiting magnitude, corrected alike; used below detection. Not above 0: unknown,
  /// excludes nothing.
  double limit_njy = 0;
};

struct GridFitOptions {
  int redraws = 100;
  int min_bands = 4;
  double min_snr = 2;
  double limit_factor = 2;
  bool fix_ebv_to_zero = false;

  void describe(Keys& keys) {
    keys.integer("redraws", redraws, "", "Monte-Carlo realisations of the photometry, for the errors",
                 Allowed::between(2, 10000));
    keys.integer("min_bands", min_bands, "", "minimum number of detected bands for a fit",
                 Allowed::between(1, 1000));
    keys.number("min_snr", min_snr, "", "minimum S/N of a detected band", Allowed::between(0, 1e4));
    keys.number("limit_factor", limit_factor, "",
                "models brighter than this times the limit of an undetected band are excluded",
                Allowed::above(0, 1e4));
    keys.flag("fix_ebv_to_zero", fix_ebv_to_zero, "fits without dust, for clumps outside their host");
  }
};

enum class SedStatus { fitted, too_few_bands, no_allowed_model };

struct Estimate {
  double best = 0;  ///< of the best model
  double low = 0;   ///< 16% quantile over the redraws
  double high = 0;  ///< 84% quantile
};

/// What one redraw of the photometry chose.
struct RedrawnModel {
  std::size_t model = 0;  ///< of the grid
  double mass_msun = 0;
};

struct SedResult {
  SedStatus status = SedStatus::too_few_bands;
  int bands_used = 0;  ///< bands detected (S/N > min_snr)
  double chi2 = 0;
  double chi2_reduced = 0;  ///< over max(1, bands_used - 4)
  Estimate log_mass_msun;   ///< mass formed
  Estimate log_age_yr;
  Estimate ebv_mag;
  Estimate log_metallicity;  ///< log10 Z, Z a mass fraction
  StarFormation history;     ///< of the best model
  std::size_t best_model = 0;
  std::vector<RedrawnModel> redrawn;  ///< those that found a model
};

/// Least chi-squared over the grid with the mass scaled analytically, on detected bands; undetected bands
/// exclude models above limit_factor times their limit. Models are scaled by masses above 0 only. Intervals
/// from `redraws` refits of the detected fluxes redrawn within their errors (redraws that allow no model are
/// left out; NaN without redraws). All NaN unless fitted.
///
/// No sum depends on the width of the machine's vectors: the same photometry and random stream choose the
/// same models everywhere. ContractError for a wrong number of bands, an infinite flux, or a flux whose error
/// is not above 0.
SedResult fit_grid(const ModelGrid& grid, const std::vector<BandFlux>& photometry,
                   const GridFitOptions& options, Random& random);

}  // namespace arcproof::sed

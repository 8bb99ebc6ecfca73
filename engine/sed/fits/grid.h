// Model fluxes on a grid of population parameters at one redshift, and the chi-squared fit over it.
// Protocol `claeyssens2023`: Claeyssens+2023 section 5.4.
#pragma once

#include "engine/core/keys.h"
#include "engine/core/plausible.h"
#include "engine/core/random.h"
#include "engine/sed/synthesis.h"

#include <string>
#include <vector>

namespace arcproof::sed {

struct GridAxes {
  std::vector<double> metallicity = {0.0004, 0.004, 0.008, 0.02};
  double solar_dropped_above_z = 3;
  std::vector<StarFormation> histories = {{10.0}};  // reference: constant for 10 Myr
  double log_age_yr_min = 6.0, log_age_yr_step = 0.05;
  double ebv_max_mag = 1.0, ebv_step_mag = 0.05;
  double lyman_alpha_dropped_above_z = 6;  ///< no bands at or below Lyman-alpha at higher z

  void describe(Keys& keys) {
    keys.numbers("metallicity", metallicity, "mass fraction", "metallicities Z of the grid",
                 plausible::metallicity);
    keys.number("solar_dropped_above_z", solar_dropped_above_z, "",
                "no models with Z >= 0.02 above this redshift", Allowed::between(0, 1000));
    keys.number("log_age_yr_min", log_age_yr_min, "log10 yr", "youngest age", Allowed::between(5, 8));
    keys.number("log_age_yr_step", log_age_yr_step, "dex", "step in age, up to the age of the Universe",
                Allowed::between(0.005, 1));
    keys.number("ebv_max_mag", ebv_max_mag, "mag", "largest colour excess E(B-V)", Allowed::between(0, 10));
    keys.number("ebv_step_mag", ebv_step_mag, "mag", "step in E(B-V)", Allowed::between(0.005, 10));
    std::vector<double> durations;
    for (const StarFormation& history : histories) durations.push_back(history.duration_myr);
    keys.numbers("history_myr", durations, "Myr", "durations of constant star formation; 0: a single burst",
                 Allowed::between(0, 14000));
    histories.clear();
    for (const double duration : durations) histories.push_back({duration});
  }
};

struct ModelGrid {
  double z = 0;
  std::vector<std::string> bands;
  std::vector<Population> models;         ///< by metallicity, history, age and, fastest, reddening
  std::vector<double> flux_njy_per_msun;  ///< [model * bands + band]
  std::vector<bool> usable_band;          ///< inside the library; not at or below Lyman-alpha when z > 6
  double flux(std::size_t model, std::size_t band) const {
    return flux_njy_per_msun[model * bands.size() + band];
  }
};
ModelGrid build_grid(const BandSynthesis& synthesis, const GridAxes& axes, const sky::Cosmology& cosmology);

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

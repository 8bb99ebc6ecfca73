// The posterior of a population's parameters given its photometry, by quadrature. Protocol `claeyssens2025`:
// Claeyssens+2025 section 3.4.2 (there sampled by Bagpipes, Carnall et al. 2018).
//
// Data d_b with errors s_b; model M f_b(theta), M the mass formed, theta = (age, Z, A_V, log U). The
// likelihood
//   L = prod_b exp(-(d_b - M f_b)^2 / (2 s_b^2)) / (sqrt(2 pi) s_b)
// is Gaussian in M for given theta. With A = sum f^2/s^2, B = sum d f/s^2, u = M sqrt(A), v = B / sqrt(A) and
// a mass prior uniform in log M, the integral over the mass is
//   int L p(M) dM = L(M = 0) e^(v^2 / 2) J(v, u_min, u_max) / ln(M_max / M_min),
//   J = int_(u_min)^(u_max) e^(-(u - v)^2 / 2) du / u,
// one function for all data (tabulated once). Over theta:
//   1. the four axes are cut into cells; the likelihood at the centre of each gives its share in a proposal,
//      prior x L^0.6, which is wider than the posterior
//      (a smaller power where the posterior is narrow against the cells);
//   2. points are drawn from it, systematically over the cells and uniformly in the prior within each;
//   3. each point gets its own likelihood, from fluxes that are linear in log age, log Z, A_V and log U
//      between centres of cells, and a weight: prior x L over the density with which it was drawn. Where
//      few points carry the weight, more are drawn from a Student's t about them, up to five times, and all
//      are re-weighted by the sum of all densities (Cornuet et al. 2012);
//   4. the points are resampled by weight (systematically), and each draws its mass from its conditional.
// Width and place of a posterior much narrower than a cell are then right as well. What is left of the
// method's error is stated with each result: the evidence's error and the effective number of points.
#pragma once

#include "engine/core/keys.h"
#include "engine/core/random.h"
#include "engine/inference/summary.h"
#include "engine/sed/fits/grids/fit_grid.h"
#include "engine/sed/fits/grids/posterior_grid.h"

#include <vector>

namespace arcproof::sed {

/// Non-detections: signed fluxes with their errors like all others, or the rule of Claeyssens+2023 (bands
/// below min_snr leave the likelihood, and no mass may shine brighter than limit_factor times their limit;
/// ten times slower).
enum class NonDetections { signed_fluxes, upper_limits };

struct PosteriorOptions {
  int draws = 1000;
  int points = 8000;  ///< of step 2
  int min_bands = 4;  ///< with S/N > min_snr, that a fit needs
  double min_snr = 2;
  NonDetections non_detections = NonDetections::signed_fluxes;
  double limit_factor = 2;
  double rate_window_myr = 10;  ///< over which the star formation rate is the mean

  /// What a user sets.
  void describe(Keys& keys) {
    keys.integer("draws", draws, "", "draws of the posterior, each row", Allowed::between(1, 100000));
    keys.integer("min_bands", min_bands, "", "minimum number of detected bands for a fit",
                 Allowed::between(1, 1000));
    bool limits = non_detections == NonDetections::upper_limits;
    keys.flag("upper_limits", limits, "undetected bands as limits, not signed fluxes");
    non_detections = limits ? NonDetections::upper_limits : NonDetections::signed_fluxes;
  }
};

/// Parameters of one member of the posterior and what follows from them.
struct PosteriorDraw {
  double log_mass_msun = 0;  ///< formed
  double log_age_yr = 0;     ///< since star formation began
  double log_metallicity = 0;
  double av_mag = 0;
  double log_u = 0;
  double log_surviving_mass_msun = 0;  ///< living stars and remnants
  double log_mass_weighted_age_yr = 0;
  double formation_redshift = 0;  ///< when star formation began
  double rate_msun_per_yr = 0;    ///< mean over rate_window_myr
};

struct PosteriorSummary : inference::Summary {
  double best = 0;  ///< of the best fit
};

struct SedPosterior {
  SedStatus status = SedStatus::too_few_bands;
  int bands_detected = 0;   ///< S/N > min_snr
  int bands_used = 0;       ///< in the likelihood
  double chi2 = 0;          ///< of the best fit
  double log_evidence = 0;  ///< natural logarithm, [nJy^-bands]; priors normalised
  double log_evidence_error = 0;
  double effective_points = 0;  ///< (sum w)^2 / sum w^2 of step 3
  PosteriorDraw best;           ///< greatest likelihood among the points and the cells
  std::vector<PosteriorDraw> draws;
  PosteriorSummary log_mass_msun, log_age_yr, log_metallicity, av_mag, log_u, log_surviving_mass_msun,
      log_mass_weighted_age_yr, formation_redshift, rate_msun_per_yr;
};

/// The posterior of one clump; fluxes corrected for magnification and Milky-Way extinction by the caller. NaN
/// summaries and no draws unless fitted. ContractError as fit_grid, and for options out of range.
SedPosterior fit_posterior(const PosteriorGrid& grid, const std::vector<BandFlux>& photometry,
                           const PosteriorOptions& options, Random& random);

/// Names, units and meanings of what is summarised, for tables.
struct PosteriorQuantity {
  const char *name, *unit, *description;
  double PosteriorDraw::*of_draw;
  PosteriorSummary SedPosterior::*summary;
};
const std::vector<PosteriorQuantity>& posterior_quantities();

}  // namespace arcproof::sed

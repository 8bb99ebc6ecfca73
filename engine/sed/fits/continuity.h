// Hosts: star formation in bins of time, without a formula for it. The continuity prior of Leja et al.
// (2019), as Claeyssens+2025 section 3.4.1 fits the galaxies (there with Bagpipes; arcproof: protocol
// `continuity`).
//
// Time before the observation is cut into n bins; the star formation rate is constant within each. Its n - 1
// ratios
//   x_i = log10(SFR_i / SFR_(i+1)),   bin 1 the youngest,
// have Student's t with two degrees of freedom and scale 0.3 as prior (Leja et al. 2019), cut at |x| = 10:
// rates of neighbours resemble each other, and a burst or a stop is allowed. With the total mass formed M,
// metallicity Z (one for all stars), A_V and log U that makes n + 3 parameters.
//
// M f_b = sum_j m_j f_jb(Z, A_V, log U), m_j = M s_j dt_j / sum s dt, s the rates; f_jb, the flux of one
// solar mass formed at a constant rate in bin j, is tabulated once for a redshift and a set of bands, and
// interpolated (exactly in log Z, where the library is linear; to 0.3% in A_V; linearly in log U). The mass
// is integrated out as in engine/sed/fits/posterior.h; the other n + 2 parameters are sampled by nested
// sampling (engine/inference/nested_sampling.h), with the evidence and its error.
#pragma once

#include "engine/inference/nested_sampling.h"
#include "engine/sed/fits/grids/continuity_grid.h"
#include "engine/sed/fits/posterior.h"

#include <vector>

namespace arcproof::sed {

struct ContinuityOptions {
  int draws = 1000;
  inference::NestedOptions sampler = {};
  int min_bands = 4;  ///< with S/N > min_snr, that a fit needs
  double min_snr = 2;
  NonDetections non_detections = NonDetections::signed_fluxes;
  double limit_factor = 2;
};

/// A member of the posterior and what follows from it.
struct ContinuityDraw {
  double log_mass_msun = 0;  ///< formed
  double log_surviving_mass_msun = 0;
  double log_mass_weighted_age_yr = 0;
  double log_half_mass_age_yr = 0;  ///< how long ago half of the mass had formed
  double rate_10myr_msun_per_yr = 0, rate_100myr_msun_per_yr = 0;  ///< means over the last 10 and 100 Myr
  double log_metallicity = 0;
  double av_mag = 0;
  double log_u = 0;
  std::vector<double> rate_msun_per_yr;  ///< [bin]
};

struct ContinuityPosterior {
  SedStatus status = SedStatus::too_few_bands;
  int bands_detected = 0, bands_used = 0;           ///< S/N > min_snr; in the likelihood
  double chi2 = 0;                                  ///< of the best fit
  double log_evidence = 0, log_evidence_error = 0;  ///< natural logarithm, [nJy^-bands]; priors normalised
  double effective_points = 0;                      ///< independent points behind the draws
  bool finished = false;                            ///< false: the sampler's most_evaluations were reached
  ContinuityDraw best;                              ///< greatest likelihood among the samples
  std::vector<ContinuityDraw> draws;
  std::vector<PosteriorSummary> summary;           ///< [quantity of continuity_quantities()]
  std::vector<PosteriorSummary> rate_msun_per_yr;  ///< [bin]
};

/// The posterior of one galaxy; fluxes corrected for magnification and Milky-Way extinction by the caller.
/// NaN summaries and no draws unless fitted. ContractError for a wrong number of bands, an infinite flux, or
/// a flux whose error is not above 0.
ContinuityPosterior fit_continuity(const ContinuityGrid& grid, const std::vector<BandFlux>& photometry,
                                   const ContinuityOptions& options, Random& random);

/// Names, units and meanings of what is summarised, for tables.
struct ContinuityQuantity {
  const char *name, *unit, *description;
  double ContinuityDraw::*of_draw;
};
const std::vector<ContinuityQuantity>& continuity_quantities();

/// A galaxy drawn from the prior, its mass uniform in the logarithm between the limits given [log10 Msun]
/// (which may be narrower than the prior's). Surviving masses as the grid knows them.
ContinuityDraw draw_from_prior(const ContinuityGrid& grid, double log_mass_min, double log_mass_max,
                               Random& random);

/// Fluxes [nJy] of a draw in the grid's bands.
std::vector<double> model_fluxes_njy(const ContinuityGrid& grid, const ContinuityDraw& draw);

/// The populations that a draw's stars are made of, with their masses: one for each bin, formed at a constant
/// rate.
std::vector<FormedMass> populations_of(const ContinuityGrid& grid, const ContinuityDraw& draw);

}  // namespace arcproof::sed

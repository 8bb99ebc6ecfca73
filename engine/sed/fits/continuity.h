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
#include "engine/sed/fits/posterior.h"

#include <memory>
#include <span>
#include <vector>

namespace arcproof::sed {

/// Claeyssens+2025: upper ends of the bins [Myr before the observation].
inline constexpr double claeyssens2025_bins_myr[] = {10,   30,   50,   100,  200,  400,  600,  800,
                                                     1000, 1500, 2000, 3000, 5000, 7000, 8000, 10500};

/// Edges of the bins [Myr]: 0, the wanted ends below the age of the Universe, and that age; an end after
/// which less than half of the bin before it would be left is dropped. ContractError unless they are above 0
/// and increasing and make two bins or more.
std::vector<double> continuity_edges_myr(std::span<const double> ends_myr, double age_of_universe_myr);

/// Where Claeyssens+2025 does not say (all but the bins), the ranges of the star clusters; A_V up to 4 mag.
struct ContinuityModel {
  std::vector<double> bin_ends_myr{std::begin(claeyssens2025_bins_myr), std::end(claeyssens2025_bins_myr)};
  double ratio_scale = 0.3;  ///< [dex] of Student's t
  double log_mass_min = 3, log_mass_max = 15;
  double log_z_solar_min = -3, log_z_solar_max = 0.17609125905568124;
  double solar_metallicity = 0.02;
  double av_min_mag = 0, av_max_mag = 4;
  double log_u_min = -3, log_u_max = -1;
  SynthesisOptions synthesis{.covering_fraction = 1};
  double lyman_alpha_dropped_above_z = 6;  ///< as GridAxes
};

/// Fluxes of one solar mass formed in each bin, at nodes of Z, A_V and log U; for one redshift and set of
/// bands, shared by all galaxies there.
struct ContinuityGrid {
  double z = 0, age_of_universe_myr = 0;
  sky::Cosmology cosmology;
  ContinuityModel model;
  std::vector<std::string> bands;
  std::vector<bool> usable_band;
  std::vector<double> edge_myr;              ///< bins + 1
  std::vector<double> log_z, av_mag, log_u;  ///< nodes; Z a mass fraction
  std::vector<float> flux_njy;    ///< [(((Z * A_V + A_V) * log U + log U) * bins + bin) * bands + band]
  std::vector<double> surviving;  ///< [Z * bins + bin]; NaN where unknown

  std::size_t bins() const { return edge_myr.size() - 1; }
  std::size_t memory_bytes() const { return flux_njy.size() * sizeof(float); }
};

/// ContractError for ranges that are empty, and as continuity_edges_myr.
ContinuityGrid build_continuity_grid(const std::shared_ptr<const Library>& library,
                                     const std::vector<Filter>& filters, double z,
                                     const sky::Cosmology& cosmology, const ContinuityModel& model);

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

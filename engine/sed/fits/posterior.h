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
//      prior x L^0.6, which is wider than the posterior;
//      (a smaller power where the posterior is narrow against the cells);
//   2. points are drawn from it, systematically over the cells and uniformly in the prior within each;
//   3. each point gets its own likelihood, from fluxes that are linear in log age, log Z, A_V and log U
//   between
//      centres of cells, and a weight: prior x L over the density with which it was drawn. Where few points
//      carry the weight, more are drawn from a Student's t about them, up to five times, and all are weighed
//      anew by the sum of all densities (Cornuet et al. 2012);
//   4. the points are resampled by weight (systematically), and each draws its mass from its conditional.
// Width and place of a posterior much narrower than a cell are then right as well. What is left of the
// method's error is stated with each result: the evidence's error and the effective number of points.
#pragma once

#include "engine/core/random.h"
#include "engine/inference/summary.h"
#include "engine/sed/fits/grid.h"

#include <memory>
#include <string>
#include <vector>

namespace arcproof::sed {

enum class AgePrior { uniform, log_uniform };

/// Claeyssens+2025: age T_0 of the start of star formation uniform up to the age of the Universe; mass formed
/// from 10^3 to 10^15 Msun (uniform in its logarithm, as Bagpipes samples it); Z log-uniform from 10^-3
/// to 1.5 Zsun; A_V uniform; log U uniform. Metallicities beyond the library's have the spectra of its ends.
struct PosteriorPriors {
  AgePrior age = AgePrior::uniform;
  double age_min_myr = 1;
  double log_mass_min = 3, log_mass_max = 15;
  double log_z_solar_min = -3, log_z_solar_max = 0.17609125905568124;
  double solar_metallicity = 0.02;
  double av_min_mag = 0, av_max_mag = 1;
  double log_u_min = -3, log_u_max = -1;
};

/// Cells of the quadrature. Ages are cut evenly in the logarithm; where log U changes no flux by 1e-3, it has
/// one cell.
struct PosteriorCells {
  double log_age_step = 0.05;
  int metallicity = 24, av = 24, log_u = 8;
};

/// What the populations are. Reference of the paper: exponential, tau = 1 Myr; its Bagpipes setup has all
/// ionising photons absorbed and the gas as reddened as the stars.
struct PosteriorModel {
  StarFormation history{.duration_myr = 0, .form = HistoryForm::exponential, .tau_myr = 1};
  SynthesisOptions synthesis{.covering_fraction = 1};
  PosteriorPriors priors;
  PosteriorCells cells;
  double lyman_alpha_dropped_above_z = 6;  ///< as GridAxes
};

/// Fluxes per solar mass formed at the centres of all cells, for one redshift and set of bands; shared by all
/// clumps there. Memory: 4 bytes a model and band (claeyssens2025 at z = 1.38, 13 bands: see models()).
struct PosteriorGrid {
  double z = 0, age_of_universe_myr = 0;
  sky::Cosmology cosmology;
  PosteriorModel model;
  std::vector<std::string> bands;
  std::vector<bool> usable_band;
  std::vector<double> log_age_myr_edge;                   ///< log10; ages + 1 of them
  std::vector<double> log_age_myr, log_z, av_mag, log_u;  ///< centres; Z a mass fraction
  std::vector<std::size_t>
      first;  ///< [age]: its first model; models of an age: (Z * A_V + A_V) * log U + log U
  std::vector<std::size_t> log_u_cells;      ///< [age]: all, or 1
  std::vector<std::vector<float>> flux_njy;  ///< [band][model], per Msun formed
  std::vector<double> surviving;             ///< [age * metallicities + Z]; NaN where unknown

  std::size_t models() const { return flux_njy.empty() ? 0 : flux_njy.front().size(); }
  std::size_t memory_bytes() const { return models() * flux_njy.size() * sizeof(float); }
};

/// ContractError for priors or cells that are empty, or a Universe younger than age_min.
PosteriorGrid build_posterior_grid(const std::shared_ptr<const Library>& library,
                                   const std::vector<Filter>& filters, double z,
                                   const sky::Cosmology& cosmology, const PosteriorModel& model);

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

namespace mass_integral {
/// ln J(v, u_min, infinity) of the head of this file: Gauss-Legendre quadrature, 1e-10 relative.
double log_direct(double v, double u_min, double u_max);
/// The same from a table or a series: 3e-5 absolute.
double log_fast(double v, double u_min, double u_max);
}  // namespace mass_integral

}  // namespace arcproof::sed

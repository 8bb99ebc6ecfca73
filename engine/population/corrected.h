// The mass function corrected for what the catalogue missed: the published models, the catalogue's own cuts,
// and injections that went through the same pipeline and the same cuts.
//
//   L(theta) = prod_i [ int P(l_i | l) p(l | theta) dl ] / xi(theta)^N
//
// (engine/population/hierarchical.h; Mandel, Farr & Gair 2019, MNRAS 486, 1086). l_i: measured log10 mass of
// cluster i. xi: the fraction of a population that a catalogue holds, from the injections
// (engine/population/selection.h). P: the chance that a clump of mass l is found and given the mass l_i. Two
// ways to it:
//
//   from the injections   what the pipeline did to injected clumps of that mass: engine/population/
//                         measured_masses.h. Stated errors are not read. What runs and `arcproof cmf` use.
//   normal errors         N(l_i; l, s_i), s_i the stated error [dex], magnification included; right where
//                         these are the scatter of the pipeline, and nothing but the mass decides on
//                         detection.
//
// The selection in a lensed field. A clump has several images, and the catalogue holds it once: by the image
// of the highest S/N. So the injections are counted by clump, not by image. An injected clump is found when
// at least one of its images was recovered and the recovered image with the highest S/N passes the cuts of
// the catalogue (mass and age as measured). Every clump that was drawn counts, also one whose images all fell
// on no data. Were a catalogue to hold every image, the likelihood would need the number of images found per
// clump instead.
//
// The population that is assumed beside the mass: the injections' ages, sizes and colours as they were drawn;
// places in the source plane as follows. Injections that are drawn uniform over the host's area on the sky hold
// a place in the source plane as often as the lens magnifies it, summed over its images there: sum_k |mu_k|.
// Each clump therefore has the weight 1 / sum_k |mu_k|: places uniform over the source plane. Where they are
// drawn with another density, each also has the weight sum_k of its images' own: f / q, the density that is
// wanted (of the catalogue's clumps) over that drawn. Weights are scaled to a mean of 1.
//
// With normal errors the weights r of the clusters are 1 (hierarchical.h): exact if what decides on detection
// is part of the data that gave the mass. Here it is so in part. S/N in the reference bands decides; the mass
// comes from those fluxes and from others, by way of an age, and mass errors that come from the age or the
// magnification do not move the flux. As far as they do not, r is taken too large for the low masses of a
// cluster's posterior, and the slope comes out too steep (hierarchical.h).
//
// Where the injections end below the heaviest clusters, the share u of the selected population that lies
// beyond is not in xi, and the slope comes out too shallow by about sqrt(N) u ln(1/u) sigma (for a power
// law). A fit is refused where that is above 0.2 sigma, or u above 0.01. `uncovered` says u.
//
// All by quadrature (engine/inference/quadrature_posterior.h): no chain, no seed, the same bits always.
// Quantiles to 1e-4 of the posterior's width.
#pragma once

#include "engine/inference/quadrature_posterior.h"
#include "engine/population/hierarchical.h"
#include "engine/population/mass_function.h"
#include "engine/population/measured_masses.h"
#include "engine/population/selection.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace arcproof::population {

/// One image of an injected clump. Images of one clump share its number and its true mass.
struct InjectedClumpImage {
  std::int64_t clump = 0;
  double log_mass_msun = 0;  ///< true
  /// |mu| at the image's centre; NaN where the image lies outside the host or on no data.
  double magnification = 1;
  bool recovered = false;
  double snr = std::numeric_limits<double>::quiet_NaN();  ///< of the measurement, reference band
  ClusterMass measured = {};                              ///< as the pipeline gave it; NaN where it gave none
  /// Natural log of the density [1/dex] with which the mass was drawn; NaN: uniform over InjectedMasses.
  double log_draw_density = std::numeric_limits<double>::quiet_NaN();
  /// Density of places wanted over that drawn, of this image; the images of a clump add up. NaN: none is known.
  double place_weight = std::numeric_limits<double>::quiet_NaN();
};

/// The range in which the injections' masses were drawn, uniform in the logarithm where their density does
/// not say otherwise [Msun].
struct InjectedMasses {
  double low_msun = 0, high_msun = 0;
};

/// Injections by clump, in the order in which clumps first appear. `cuts` are the catalogue's: age, mass. A
/// range without width, or images of one clump with different masses: ContractError.
std::vector<Injection> injections_by_clump(std::span<const InjectedClumpImage> images,
                                           const InjectedMasses& drawn, const MassFunctionOptions& cuts);

/// The same with the mass that was measured of each clump: by its recovered image of the highest S/N, if the
/// age passes the cuts.
std::vector<MeasuredInjection> measured_by_clump(std::span<const InjectedClumpImage> images,
                                                 const InjectedMasses& drawn,
                                                 const MassFunctionOptions& cuts);

/// The clusters whose measured mass and age pass the cuts, as select_masses does.
std::vector<ClusterMass> select_clusters(std::span<const ClusterMass> clusters,
                                         const MassFunctionOptions& cuts);

enum class CorrectedStatus {
  ok,
  too_few_clusters,         ///< fewer than 3 pass the cuts
  no_mass_errors,           ///< a cluster that passes has no error
  nothing_found,            ///< no injection of a possible mass was found
  too_few_injections,       ///< N_eff <= 4 N_obs within the best-covered 99% of the posterior
  injections_do_not_cover,  ///< too much of the selected population has masses that were never injected
};
/// As tables name it: "ok", "too_few_clusters", ...
const char* name_of(CorrectedStatus status);

/// The Monte-Carlo error is added to both sides of the 68%.
struct CorrectedParameter : inference::Summary {
  std::string name;  ///< "beta", "log_cutoff_msun"
  /// Of the finite number of injections, 1 sigma (HierarchicalLikelihood::monte_carlo_error).
  double monte_carlo_error = 0;
};

struct CorrectedFit {
  MassFunctionModel model = MassFunctionModel::power_law;
  CorrectedStatus status = CorrectedStatus::ok;
  std::string message;              ///< empty if ok; else what is missing and how much of it
  int clusters = 0;                 ///< that pass the cuts
  int injections = 0, found = 0;    ///< clumps
  double effective_injections = 0;  ///< N_eff that 99% of the posterior exceeds; 0 without a posterior
  double uncovered = 0;             ///< u at the median; NaN without a posterior
  double injections_needed = 0;     ///< for N_eff = 4 N_obs, drawn in the same way; NaN where not known
  std::vector<CorrectedParameter> parameters;  ///< NaN unless ok
  /// With errors from the injections: the true log10 masses whose injections make four fifths of the error of
  /// xi. More of these help most; {0, 0} where not known.
  Bounds costly_log_mass = {0, 0};
  /// Without the Monte-Carlo error; null where none could be made.
  std::shared_ptr<const inference::QuadraturePosterior> posterior;
};

/// Fits one model, with normal errors. The population reaches from `lowest_mass_msun` (true masses; at most
/// cuts.min_mass_msun) upwards without end: clusters below the cut scatter over it, so it lies below the cut
/// by several mass errors; the least injected mass is the natural choice. Flat priors as published, within
/// the bounds of `cuts`; nothing else of `cuts` but the limits on mass and age is read. All clusters and
/// injections may be given, selected or not.
CorrectedFit correct_mass_function(MassFunctionModel model, std::span<const ClusterMass> clusters,
                                   std::span<const Injection> injections, double lowest_mass_msun,
                                   const MassFunctionOptions& cuts);

/// The same with the errors that the injections suffered; the errors of the clusters are not read. A cluster
/// whose measured mass no injection was given, within the kernel's width: injections_do_not_cover.
CorrectedFit correct_mass_function(MassFunctionModel model, std::span<const ClusterMass> clusters,
                                   std::span<const MeasuredInjection> injections, double lowest_mass_msun,
                                   const MassFunctionOptions& cuts);

}  // namespace arcproof::population

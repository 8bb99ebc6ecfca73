// The likelihood of a mass function through its sufficient statistics, and its maximum.
//
// With t = M / M_min, r = M_max / M_min, x = M_min / M_c, the log likelihood of N masses is
//
//   ln L(beta, x) = N [ beta <ln t> - x <t> - ln Z(beta, x) - ln M_min ],   Z = int_1^r t^beta exp(-x t) dt,
//
// where <> is the mean over the sample: three numbers stand for the sample, however large. A power law is x =
// 0. The family is an exponential one in (beta, -x), so ln L is concave in (beta, x): it has one maximum in
// any box, found by nested root searches.
#pragma once

#include "engine/inference/bounds.h"

#include <limits>
#include <span>

namespace arcproof::population {

/// What the likelihood needs to know of a sample and of the interval it was selected in.
struct MassStatistics {
  int count = 0;
  double mean_log = 0;                                         ///< <ln t>
  double mean = 0;                                             ///< <t>
  double log_min_mass = 0;                                     ///< ln M_min
  double log_range = std::numeric_limits<double>::infinity();  ///< ln r; infinite without an upper edge
};

/// All masses within [min_mass_msun, max_mass_msun], or ContractError.
MassStatistics mass_statistics(std::span<const double> mass_msun, double min_mass_msun, double max_mass_msun);

/// Z(beta, 0); infinite for beta >= -1 without an upper edge.
double power_law_normalisation(double beta, double log_range);
/// Z(beta, x), x > 0.
double schechter_normalisation(double beta, double x, double log_range);

/// -infinity where the model cannot be normalised.
double log_likelihood_power_law(double beta, const MassStatistics& sample);
double log_likelihood_schechter(double beta, double x, const MassStatistics& sample);

using inference::Bounds;

/// The slope of greatest likelihood within `beta`, to 1e-12.
double maximise_power_law(const MassStatistics& sample, Bounds beta);

struct SchechterMaximum {
  double beta;
  double x;  ///< M_min / M_c
};
/// The maximum within a box; it may lie on an edge (a sample without a visible cut-off has it at the smallest
/// x). beta to 1e-10.
SchechterMaximum maximise_schechter(const MassStatistics& sample, Bounds beta, Bounds x);

}  // namespace arcproof::population

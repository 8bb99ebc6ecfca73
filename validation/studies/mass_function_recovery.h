// Does the corrected mass function recover what was put in? Populations of known mass function, seen through
// the run's own injections, fitted as a catalogue is.
//
// The law of the catalogue. A clump of true log mass l fares as a random injected clump of nearly the same
// mass (within 0.2 dex) did: found or not, with the same offset measured - true and the same stated error.
// Completeness, scatter, tails and the tie between them are thus the pipeline's. Clusters are drawn with the
// injections' weights (places uniform over the source plane), injections without.
//
// A mock: `clusters` clumps of the population that are found and pass the catalogue's cuts; `injections`
// fresh injections of the same law; both given to engine/population/corrected.h. Every mock has injections of
// its own, so that coverage includes their Monte-Carlo error. Fits of the same clusters:
//
//   published   greatest likelihood above the mass limit, nothing corrected
//   stated      corrected, normal errors of the stated size (the first 100 mocks, power laws)
//   corrected   corrected, errors as the injections suffered them
//
// Simulation-based calibration (Talts+2018, arXiv 1804.06788): slopes drawn from the prior; the posterior
// probability below the true slope is uniform if the posterior is right. The distance of its cumulative
// distribution from uniform is held against the 95% band of Kolmogorov and Smirnov (Stephens 1970).
// Fits that are refused for too few injections are among them: whether a fit is refused depends on its data,
// and without them ranks are not uniform.
//
// Through images: realisations are dealt into `folds`. The clumps of one fold, thinned to the population by
// rejection (kept with a chance proportional to p(l | beta) / p_draw), are a catalogue that was rendered and
// measured in full; the other folds correct it. Every slope and fold is one catalogue. The places of this
// population are those of the injections, uniform on the sky: all injections count alike. (With the weights
// 1 / sum |mu| of the source plane the rejection would leave next to nothing.)
#pragma once

#include "engine/core/keys.h"
#include "engine/io/table.h"
#include "engine/population/corrected.h"
#include "validation/metrics/metric.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::studies {

struct RecoveryOptions {
  int mocks = 300;
  int clusters = 150;
  int injections = 20000;
  std::vector<double> slopes = {-1.5, -2, -2.5};
  double cutoff_slope = -1.8;
  std::optional<double> log_cutoff;
  int cutoff_clusters = 400;  // two parameters need more
  int prior_mocks = 300;
  int folds = 4;

  void describe(Keys& keys) {
    keys.integer("mocks", mocks, "", "mock catalogues of each population", Allowed::between(2, 100000));
    keys.integer("clusters", clusters, "", "clusters in each mock", Allowed::between(3, 100000));
    keys.integer("injections", injections, "", "injections per mock, resampled from the run's own injections",
                 Allowed::between(100, 10000000));
    keys.numbers("slopes", slopes, "", "slopes beta of the power-law populations", Allowed::between(-6, -1));
    keys.number("cutoff_slope", cutoff_slope, "", "slope beta of the truncated population",
                Allowed::between(-6, -1));
    keys.optional_number("log_cutoff", log_cutoff, "log10 Msun",
                         "cut-off mass M_c of the truncated population; absent: no such population",
                         Allowed::between(0, 20));
    keys.integer("cutoff_clusters", cutoff_clusters, "", "clusters in each mock of the truncated population",
                 Allowed::between(3, 100000));
    keys.integer("prior_mocks", prior_mocks, "",
                 "mocks drawn from the prior, for simulation-based calibration; 0: none",
                 Allowed::between(0, 100000));
    keys.integer("folds", folds, "",
                 "parts of the run that serve as catalogues measured on images, in turn; below 2: none",
                 Allowed::between(0, 1000));
  }
};

/// What the recovery is made of: images of the run's injected clumps and the realisation of each.
struct RecoveryInput {
  std::vector<population::InjectedClumpImage> images;
  std::vector<std::int64_t> realisation;  ///< of each image
  population::InjectedMasses drawn;
  population::MassFunctionOptions cuts;  ///< with the prior of the slope
};

/// Tables RECOVERY (a row for each population and parameter), MOCKS (each fit), CALIBRATION (each mock of the
/// prior), IMAGES (each catalogue through images). Injections of which nothing was found: ContractError.
std::vector<io::Table> mass_function_recovery(const RecoveryInput& input, const RecoveryOptions& options,
                                              std::uint64_t seed, int threads);

/// Metrics of these tables:
///   recovery.mocks                  mocks of each population
///   recovery.published_bias_sigma   least |bias| of a published slope (power laws), in units of its scatter
///   recovery.abs_bias               largest |mean of the medians - truth| of a slope (power laws)
///   recovery.abs_bias_err           its standard error
///   recovery.coverage_min, _max     of the 68% intervals, power laws
///   recovery.cutoff.abs_bias_beta, .abs_bias_log_cutoff, .coverage_min, .coverage_max
///                                   the same of the truncated population
///   recovery.failed                 fraction of fits that were refused
///   recovery.calibration            largest distance from uniform over its 95% limit: inside the band if < 1
///   recovery.images.catalogues, .clusters, .worst_pull, .chi2_dof
///                                   catalogues through images, their clusters, and of the pulls (median -
///                                   truth) / half-width: sqrt(n) |mean| of the worst slope; mean square
void set_recovery_metrics(const std::vector<io::Table>& tables, validation::Metrics& metrics);
std::vector<validation::MetricDescription> recovery_metrics(const RecoveryOptions& options);

}  // namespace arcproof::studies

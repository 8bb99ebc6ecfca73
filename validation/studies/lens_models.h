// What the choice of the lens model does to a catalogue of clumps: Table 2 and Fig. C.1 of Claeyssens+2025,
// with the truth known.
//
// Clumps go through one lens (the truth: truth_lens, or fields[].truth_lens) and are delensed with several
// (analysis_lens, and each of alternative_lenses). Every ordered pair (truth, analysis) is a row: what
// somebody measures who believes in one model while the sky obeys the other. A row of a lens with itself
// shows what photometry and SED fits do without any help from the lens; its difference from the other rows of
// the same truth is the lens's doing.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <set>
#include <string>
#include <vector>

namespace arcproof::studies {

struct AnalysisLens {
  std::string name;
  std::string suffix;  ///< of the catalogue's columns: "" for the main analysis lens, else "_name"
};

struct TruthLens {
  std::string name;
  std::set<std::string> same_as;  ///< names of the analysis lenses that are the same model
};

struct LensedField {
  std::string name, truth_lens;  ///< the lens that its clumps go through
};

struct LensModelOptions {
  std::vector<AnalysisLens> analyses;  ///< clumps are delensed with them: the main one first
  std::vector<TruthLens> truths;       ///< clumps go through them: each once, names all different
  std::vector<LensedField> fields;
  double min_mass_msun = 2e6;  ///< of the masses whose slope is taken
};

/// Size below which clumps are taken for star clusters: Claeyssens+2025, section 5.1.
inline constexpr double largest_cluster_pc = 20;

/// Table PAIRS, one row for each truth lens and analysis lens, of the joined injection table: recovered
/// injections of the fields with that truth lens, magnification known.
///
///   truth_lens, analysis_lens, same_model
///   n_clumps, n_resolved, n_masses, n_densities   clumps behind the numbers of mu, R, M, Sigma
///   log_mu_offset, log_radius_offset, log_mass_offset, log_density_offset
///                                  medians of log10(measured / true) [dex]; true mu at the injected centre;
///                                  sizes of clumps that are no upper limits; masses of clumps with an SED
///                                  fit; Sigma = M / (2 pi R^2) of those with both
///   ..._scatter                    half of the distance between the 16% and 84% quantiles [dex]
///   n_clusters, n_clusters_true    with R_eff, or its upper limit, < 20 pc; true ones of the same clumps
///   beta, beta_err, n_beta         maximum-likelihood slope of the masses above min_mass_msun
///   beta_true, beta_true_err, n_beta_true   of the true masses of the same clumps (those with an SED fit)
///
/// The injected masses follow the recipe's population, not a mass function of nature: only beta - beta_true
/// says something. No column of masses where the recipe runs no SED fit: NaN.
io::Table lens_pairs(const LensModelOptions& options, const io::Table& injections);

/// Table FIELDS, one row for each field and analysis lens: column `field`, then those of PAIRS, of the clumps
/// of that field alone. Two lens models differ in one galaxy as they do not in the next: where a truth lens
/// has several fields, the medians of PAIRS are of a mixture, and lie where most of the clumps are.
io::Table lens_fields(const LensModelOptions& options, const io::Table& injections);

/// Table SCIENCE, one row for each analysis lens, of the catalogue of the un-injected fields: selected clumps
/// of hosts, no counter images (by the main lens). Offsets are from the main analysis lens, whose row holds
/// zeros: there is no truth to compare with.
///
///   analysis_lens, n_clumps, n_resolved, n_masses, n_densities
///   median_mu, median_radius_pc, median_log_mass_msun, median_log_density
///   log_mu_offset, log_radius_offset, log_mass_offset, log_density_offset and ..._scatter [dex]
///   n_clusters, beta, beta_err, n_beta
io::Table lens_science(const LensModelOptions& options, const io::Table& catalogue);

/// Metrics of the table PAIRS, for criteria:
///   systematics.pairs, systematics.min_clumps           rows, and the fewest clumps in one
///   systematics.worst_abs_log_mu, ..._log_radius, _log_mass, _log_density
///                                                       largest |median offset| over pairs of two models
///   systematics.self_abs_log_mu, ...                    the same over pairs of a model with itself
///   systematics.worst_abs_beta, self_abs_beta           largest |beta - beta_true|
///   systematics.worst_clusters, self_clusters           largest factor between n_clusters and
///                                                       n_clusters_true, >= 1
/// NaN where no pair has the number.
void set_lens_metrics(const io::Table& pairs, validation::Metrics& metrics);
std::vector<validation::MetricDescription> lens_metrics();

}  // namespace arcproof::studies

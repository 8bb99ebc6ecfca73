// The catalogue with corrections beside what was measured. What each column is, in formulas: docs/corrections.md.
//
//   p_true                        probability that the row is a clump (clump_classifier.h); NaN: not selected
//   p_detect, p_detect_err        probability to find such a clump there (detection_model.h), mean over the posterior
//   Q_q2p5 _q16 _q50 _q84 _q97p5  quantiles of the true value: mag, log_mass, log_radius, log_age, ebv, log_mu,
//                                 log_density
//   true_flux_B_q16 _q50 _q84     of each band's flux [nJy]
//   ess                           effective number of injections behind the posterior
//   support                       ok, blend_risk (light of neighbours exceeds the row's own), low_ess (ess < 10),
//                                 outside (no recovered injection measured so bright, faint, large or small), none
//   weight                        p_true E[1 / p_mean] of selected rows, NaN for others; p_mean: p_detect in the mean
//                                 over the places of the field (MeanDetection)
//   nearest_injections            injection_id of the ten injections with the largest weight in the posterior
#pragma once

#include "validation/correction/posterior.h"

namespace arcproof::validation {

io::Table corrected(const CorrectionInput& input, const Correction& correction);

/// Whether `corrected` writes a column of this name.
bool is_correction_column(const std::string& name);

/// As columns call it: "log_mass".
const char* name_of(Quantity quantity);

/// Corrected counts per bin of true magnitude: bins of half a magnitude over the posteriors.
///   low_mag, high_mag, n_rows (selected, by median), counts, counts_err, completeness, status ("ok", "not_measured":
///   not above a tenth is found)
///   N = sum_i p_i sum_(k in bin) P_ik / max(p_mean, 0.05);  variance: sum_i c_i^2 + 1
io::Table corrected_counts(const Correction& correction);

}  // namespace arcproof::validation

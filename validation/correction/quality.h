// How good the corrections are: on realisations that were held out, and on the truth of simulated hosts.
#pragma once

#include "validation/correction/corrected.h"
#include "validation/metrics/metric.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// The chance of detection.reliability_p, of forecasts `p` of these cases.
double reliability_p(const std::vector<DetectionCase>& cases, const std::vector<double>& p);

/// Table DETECTION: held-out reliability of p_detect (5 folds of realisations), a row for each tenth of the injected
/// images by predicted probability: n, predicted (mean), found (fraction) and found_err, weighted by place.
///
/// Metrics: detection.log_loss; detection.log_loss_ratio, over that of the 60 nearest injections in magnitude and
/// size; detection.brier, detection.brier_neighbours; detection.reliability_p: chance that ten tenths of a forecast
/// right to 2% look as far off as the worst of them (Bonferroni).
io::Table detection_quality(const std::vector<DetectionCase>& cases, const DetectionModel& model,
                            Metrics& metrics);

/// Table LIMITS, a row for each field: true magnitudes at which half and four fifths of clumps of typical size and
/// place are found, with errors. Typical: mean over the injected images of the field, weighted by place, each with its
/// own size and surroundings, at the magnitude asked for. NaN where p_detect does not cross the level between the
/// brightest and faintest injections.
io::Table detection_limits(const std::vector<DetectionCase>& cases, const DetectionModel& model);

/// Metrics of a corrected catalogue: correction.share_of_clumps, correction.median_ess.
void set_correction_metrics(const Correction& correction, Metrics& metrics);

/// On the truth of simulated hosts (nothing is set for real skies). Rows "kept": selected, p_true >= 0.8.
///   corrected.purity, corrected.kept   kept rows that are true; true selected rows that are kept
///   corrected.p_true_brier, corrected.p_true_brier_constant
///   corrected.Q.bias, .bias_err, .coverage_68, .coverage_95, .crps_ratio   Q: mag, log_mass, log_radius; kept rows
///       with a true image within 1.5 pixels. Bias: median of the posterior's median - true; .mean_offset: the mean of it. crps_ratio: continuous
///       ranked probability score over that of the raw value with its best constant offset and normal scatter
///   corrected.all.Q.bias, .coverage_68   all true selected rows
///   corrected.counts.lowest, .highest, .pull_mean, .pull_width   bins of COUNTS that are ok and hold 5 true images or
///       more: counts over truth; (counts - truth) / counts_err
/// `truth`: HOST_TRUTH; `band` lower case.
void set_corrected_metrics(const io::Table& corrected, const io::Table& counts, const io::Table& truth,
                           const std::string& band, Metrics& metrics);

std::vector<MetricDescription> correction_metrics();

/// Continuous ranked probability score of a forecast given by its 2.5, 16, 50, 84 and 97.5% quantiles, linear in the
/// normal score between and beyond them.
double crps_of_quantiles(const std::array<double, 5>& quantiles, double truth);

}  // namespace arcproof::validation

// Tests whose answer is known before the run: what they find is a fault of the run, not of the sky.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// null.shuffled_skill and its standard error: Spearman's rank correlation of measured and true magnitude of
/// recovered clumps after the truth was shuffled among them, 0 +- 1 / sqrt(n - 1); null.skill: before.
/// null.repeated_draws: clumps that were drawn with the mass, age and radius of another clump: 0 unless seeds
/// collide.
/// offset.x_pix, offset.y_pix: medians of measured - true position of recovered clumps of S/N > 10, and their
/// errors, 1.2533 mad_sigma / sqrt(n); offset.scatter_pix: mad_sigma of both.
/// bright.BAND.flux_bias, flux_scatter and flux_bias_err: median and mad_sigma of measured / true - 1 of recovered
/// clumps of S/N > 10 in the band.
void set_null_metrics(const io::Table& joined, const std::vector<std::string>& bands,
                      const std::string& reference_band, std::uint64_t seed, Metrics& metrics);
std::vector<MetricDescription> null_metrics(const std::vector<std::string>& bands);

/// crowding.changed_fraction: of the host's pixels, how many the injections of a realisation change by more than
/// half of the noise's sigma (median of the realisations; column changed_fraction);
/// crowding.near, crowding.far: fraction recovered of images with, and without, another injected image within 8
/// pixels; crowding.difference (far - near) and its error: that of two binomials, Jeffreys.
void set_crowding_metrics(const io::Table& joined, Metrics& metrics);
std::vector<MetricDescription> crowding_metrics();

}  // namespace arcproof::validation

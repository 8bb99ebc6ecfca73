// How many were injected and found, and the logistic fit of completeness. Conventions: validation/metrics/metric.h.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// counts.*: clumps, rows, those injected and recovered; completeness.overall.
/// completeness.*: the logistic fit by magnitude (validation/completeness.h).
void set_count_metrics(const io::Table& joined, Metrics& metrics);
void set_completeness_metrics(const io::Table& joined, Metrics& metrics);
std::vector<MetricDescription> count_metrics();
std::vector<MetricDescription> completeness_metrics();

}  // namespace arcproof::validation

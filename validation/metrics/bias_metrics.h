// Bias and coverage of every quantity. Conventions: validation/metrics/metric.h.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// bias.QUANTITY.* of the rows "all", and coverage.QUANTITY, of the tables of validation/bias.h.
void set_bias_metrics(const io::Table& bias, Metrics& metrics);
void set_coverage_metrics(const io::Table& coverage, Metrics& metrics);
std::vector<MetricDescription> bias_metrics(const MetricOptions& options);
std::vector<MetricDescription> coverage_metrics(const MetricOptions& options);

}  // namespace arcproof::validation

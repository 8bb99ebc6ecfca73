// Closure: clumps that are alone. Conventions: validation/metrics/metric.h.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// isolated.*: closure. Clumps that are alone (40 pixels), resolved (sigma >= 0.6 pixel on both axes) and not cut by
/// a critical line.
void set_isolated_metrics(const io::Table& joined, const std::string& band, Metrics& metrics);
std::vector<MetricDescription> isolated_metrics();

}  // namespace arcproof::validation

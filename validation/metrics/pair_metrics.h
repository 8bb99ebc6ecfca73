// Crowding: clumps injected two by two. Conventions: validation/metrics/metric.h.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// pairs.RANGE.*: crowding, by separation of the two.
void set_pair_metrics(const io::Table& joined, const std::string& band, Metrics& metrics);
std::vector<MetricDescription> pair_metrics();

}  // namespace arcproof::validation

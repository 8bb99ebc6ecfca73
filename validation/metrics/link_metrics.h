// Counter-images of simulated hosts. Conventions: validation/metrics/metric.h.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// links.*: counter-images of simulated hosts, against what was drawn for them.
void set_link_metrics(const io::Table& catalogue, const io::Table& host_truth, const std::string& band,
                      Metrics& metrics);
std::vector<MetricDescription> link_metrics();

}  // namespace arcproof::validation

// Fluxes and their pulls. Conventions: validation/metrics/metric.h.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// bright.*: flux and its pulls above S/N 10.
void set_bright_metrics(const io::Table& joined, const std::string& band, Metrics& metrics);
std::vector<MetricDescription> bright_metrics();

/// pulls.WHERE.ERROR.*: pulls of fluxes at S/N 5 - 50, of all recovered clumps and of those alone on empty sky, with
/// each model of the errors: redraws as the recipe says, analytic for white and for correlated noise. The S/N that
/// selects is that of the truth, so that the selection does not bend the pulls.
void set_pull_metrics(const io::Table& joined, const std::string& band, Metrics& metrics);
std::vector<MetricDescription> pull_metrics();

}  // namespace arcproof::validation

// By which factor errors of fluxes would have to be larger for their 68% intervals to hold 68% of the truth.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <string>

namespace arcproof::validation {

/// The 68.27% quantile of |measured - true| / error of recovered clumps, reference band. Table ERROR_FACTOR: a row
/// a magnitude (true), then one of all with low_mag and high_mag NaN; n, coverage (inside 1 sigma), factor and its
/// 68% interval, from the order statistics of a binomial. NaN factor for fewer than 5 clumps.
io::Table error_factor_table(const io::Table& joined, const std::string& band);

/// errors.factor_68, errors.factor_68_low and errors.factor_68_high of all.
void set_error_factor_metrics(const io::Table& factors, Metrics& metrics);
std::vector<MetricDescription> error_factor_metrics();

}  // namespace arcproof::validation

// Pass or fail, by criteria that the recipe fixed before the run.
#pragma once

#include "validation/metric.h"

#include <optional>
#include <string>
#include <vector>

namespace arcproof::validation {

struct Criterion {
  std::string metric;
  std::optional<double> min, max;
  std::string why;  ///< one line for the report
};

struct Verdict {
  Criterion criterion;
  double value = 0;  ///< NaN when the metric could not be computed: that fails
  bool passed = false;
};

std::vector<Verdict> judge(const std::vector<Criterion>& criteria, const Metrics& metrics);

}  // namespace arcproof::validation

// Pass or fail, by criteria that the recipe fixed before the run.
#pragma once

#include "engine/core/keys.h"
#include "validation/metrics/metric.h"

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace arcproof::validation {

struct Criterion {
  std::string metric;
  std::optional<double> min, max;
  std::string why;

  void describe(Keys& keys) {
    keys.required("metric");
    keys.text("metric", metric, "name of a number in report.json");
    keys.optional_number("min", min, "", "smallest value that passes");
    keys.optional_number("max", max, "", "largest value that passes");
    keys.text("why", why, "one line for the report");
    keys.check(
        min || max, "min", [] { return std::string("neither min nor max"); }, "min, max or both");
    keys.check(
        !min || !max || *min <= *max, "min",
        [this] { return fmt::format("min {} above max {}", *min, *max); }, "min below max");
  }
};

struct Verdict {
  Criterion criterion;
  double value = 0;  ///< NaN when the metric could not be computed: that fails
  bool passed = false;
};

std::vector<Verdict> judge(const std::vector<Criterion>& criteria, const Metrics& metrics);

}  // namespace arcproof::validation

// What arcproof checks in every run, whatever the recipe asks. A check that is not met is a warning: it does not
// decide between pass and fail, which the recipe's own criteria do.
#pragma once

#include "validation/checks/criteria.h"
#include "validation/metrics/metric.h"

#include <string>
#include <vector>

namespace arcproof::validation {

struct BuiltInCheck {
  Criterion criterion;  ///< metric, limits, why; an error of the metric widens the limits by three of it
  double value = 0, error = 0;
  bool met = true;
  bool made = true;  ///< false: the run has no number for it
};

/// All checks: met, not met, or not made, where the run has set no metric of this name to a number.
std::vector<BuiltInCheck> built_in_checks(const Metrics& metrics);

/// FAIL where a criterion is not met; else NOT JUDGED without criteria; else PASS, or PASS WITH WARNINGS where a
/// built-in check is not met.
enum class Judgement { pass, pass_with_warnings, fail, not_judged };
Judgement judgement_of(const std::vector<Verdict>& verdicts, const std::vector<BuiltInCheck>& checks);
std::string to_string(Judgement judgement);  ///< "PASS WITH WARNINGS"

}  // namespace arcproof::validation

#include "validation/checks/criteria.h"

#include <cmath>

namespace arcproof::validation {

std::vector<Verdict> judge(const std::vector<Criterion>& criteria, const Metrics& metrics) {
  std::vector<Verdict> verdicts;
  for (const Criterion& criterion : criteria) {
    const double value = metrics.find(criterion.metric).value_or(std::nan(""));
    const bool low_enough = !criterion.max || value <= *criterion.max;
    const bool high_enough = !criterion.min || value >= *criterion.min;
    verdicts.push_back({criterion, value, std::isfinite(value) && low_enough && high_enough});
  }
  return verdicts;
}

}  // namespace arcproof::validation

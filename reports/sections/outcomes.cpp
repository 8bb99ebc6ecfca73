#include "reports/sections/outcomes.h"

#include "reports/drawing/html.h"
#include "reports/figures/recovery/outcomes.h"

namespace arcproof::reports {

std::optional<Section> outcomes_section(const RunFolder& run) {
  return Section{"outcomes", "Outcomes", "Outcomes",
                 "What became of each injected image, the lost ones included?",
                 html::grid(outcome_figures(run))};
}

}  // namespace arcproof::reports

#include "reports/sections/bias.h"

#include "reports/drawing/html.h"
#include "reports/figures/recovery/bias.h"

namespace arcproof::reports {

std::optional<Section> bias_section(const RunFolder& run) {
  return Section{"bias", "Bias and pulls", "Bias, pulls and coverage",
                 "Are measured values right, and are their errors honest?",
                 html::grid(bias_figures(run)) + html::grid(pull_figures(run))};
}

}  // namespace arcproof::reports

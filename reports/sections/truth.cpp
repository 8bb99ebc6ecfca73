#include "reports/sections/truth.h"

#include "reports/drawing/html.h"
#include "reports/figures/recovery/truth.h"

namespace arcproof::reports {

std::optional<Section> truth_section(const RunFolder& run) {
  return Section{"truth", "Truth and recovery", "Truth and recovery",
                 "Every recovered clump: blue for S/N &gt; 10, orange below; the black line is perfection. "
                 "<b>When all is well</b> the points lie along it, blue ones closely.",
                 html::grid(truth_figures(run))};
}

}  // namespace arcproof::reports

#include "reports/sections/examples.h"

#include "reports/drawing/html.h"
#include "reports/figures/examples.h"

namespace arcproof::reports {

std::optional<Section> examples_section(const RunFolder& run) {
  return Section{"examples", "Examples", "Examples", "What a recovered clump looks like.",
                 html::grid(example_figures(run))};
}

}  // namespace arcproof::reports

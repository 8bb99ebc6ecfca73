#include "reports/sections/completeness.h"

#include "reports/drawing/html.h"
#include "reports/figures/completeness.h"

namespace arcproof::reports {

std::optional<Section> completeness_section(const RunFolder& run) {
  return Section{"completeness", "Completeness", "Completeness",
                 "How likely is a clump to be found, given what it truly is?",
                 html::grid(completeness_figures(run))};
}

}  // namespace arcproof::reports

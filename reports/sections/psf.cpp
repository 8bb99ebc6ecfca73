#include "reports/sections/psf.h"

#include "reports/drawing/html.h"
#include "reports/figures/psf.h"

namespace arcproof::reports {

std::optional<Section> psf_section(const RunFolder& run) {
  return Section{"psf", "PSF", "Point-spread functions", "What was injected with, and what was fitted with.",
                 html::grid(psf_figures(run))};
}

}  // namespace arcproof::reports

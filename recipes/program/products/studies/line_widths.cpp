#include "recipes/program/products/studies/line_widths.h"

#include "engine/io/fits.h"
#include "engine/pipeline/line_widths.h"
#include "recipes/program/description/light.h"
#include "reports/sections/science/lines.h"

namespace arcproof::recipes {
namespace {

void make_line_widths(RunData& run) {
  const sed::GridAxes& grid = run.recipe.grid;
  io::write_fits_tables(run.output / "line_widths.fits",
                        {pipeline::emission_line_widths(*run.inputs.analysis_library, grid.histories,
                                                        grid.metallicity, analysis_light(run.recipe))});
}

}  // namespace

const Product line_widths_product = {{"line_widths.fits"},
                                     [](const Recipe& recipe) { return recipe.run_sed; },
                                     no_metrics,
                                     make_line_widths,
                                     {reports::lines_section}};

}  // namespace arcproof::recipes

#include "recipes/program/products/studies/templates.h"

#include "engine/io/fits.h"
#include "recipes/program/products/studies/template_campaign.h"
#include "reports/sections/science/templates.h"
#include "validation/studies/templates.h"

namespace arcproof::recipes {
namespace {

void make_template_tables(RunData& run) {
  const io::Table clumps = template_clumps(run.recipe, run.inputs, run.threads);
  std::vector<io::Table> tables =
      studies::template_tables(run.recipe.template_mismatch->age_step_dex, clumps);
  studies::set_template_metrics(tables, run.metrics);
  tables.push_back(clumps);
  io::write_fits_tables(run.output / "template_mismatch.fits", tables);
}

}  // namespace

const Product templates_product = {{"template_mismatch.fits"},
                                   [](const Recipe& recipe) { return recipe.template_mismatch.has_value(); },
                                   [](const Recipe&) { return studies::template_metrics(); },
                                   make_template_tables,
                                   {reports::templates_section}};

}  // namespace arcproof::recipes

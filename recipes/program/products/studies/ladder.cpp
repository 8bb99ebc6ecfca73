#include "recipes/program/products/studies/ladder.h"

#include "engine/io/fits.h"
#include "reports/sections/science/ladder.h"
#include "validation/studies/ladder.h"

namespace arcproof::recipes {
namespace {

void make_ladder(RunData& run) {
  const io::Table ladder = studies::ladder_table(run.ladder, run.recipe.seed);
  studies::set_ladder_metrics(ladder, run.ladder, run.recipe.run_sed, run.metrics);
  io::write_fits_tables(run.output / "ladder.fits", {ladder, run.ladder});
}

}  // namespace

const Product ladder_product = {{"ladder.fits"},
                                [](const Recipe& recipe) { return recipe.ladder; },
                                [](const Recipe& recipe) { return studies::ladder_metrics(recipe.run_sed); },
                                make_ladder,
                                {reports::ladder_section}};

}  // namespace arcproof::recipes

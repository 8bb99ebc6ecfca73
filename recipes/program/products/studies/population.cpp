#include "recipes/program/products/studies/population.h"

#include "engine/io/fits.h"
#include "recipes/program/products/study_options.h"
#include "reports/sections/science/population.h"
#include "validation/studies/population.h"

namespace arcproof::recipes {
namespace {

void make_population(RunData& run) {
  const studies::PopulationOptions options = population_options(run.recipe, run.threads);
  io::write_fits_tables(
      run.output / "population.fits",
      {studies::population_table(options, run.catalogue), studies::bound_table(options, run.catalogue),
       studies::relations_table(options, run.catalogue), studies::formation_table(options, run.catalogue)});
}

}  // namespace

const Product population_product = {
    {"population.fits"}, always_asked_for, no_metrics, make_population, {reports::population_section}};

}  // namespace arcproof::recipes

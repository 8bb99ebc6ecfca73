#include "recipes/program/products/studies/lens_models.h"

#include "engine/io/fits.h"
#include "recipes/program/description/lens_names.h"
#include "reports/sections/science/lens.h"
#include "validation/studies/lens_models.h"

namespace arcproof::recipes {
namespace {

void make_lens_models(RunData& run) {
  const studies::LensModelOptions options = lens_model_options(run.recipe);
  const io::Table pairs = studies::lens_pairs(options, run.injections);
  studies::set_lens_metrics(pairs, run.metrics);
  io::write_fits_tables(
      run.output / "lens_systematics.fits",
      {pairs, studies::lens_fields(options, run.injections), studies::lens_science(options, run.catalogue)});
}

}  // namespace

const Product lens_models_product = {{"lens_systematics.fits"},
                                     compares_lenses,
                                     [](const Recipe&) { return studies::lens_metrics(); },
                                     make_lens_models,
                                     {reports::lens_section}};

}  // namespace arcproof::recipes

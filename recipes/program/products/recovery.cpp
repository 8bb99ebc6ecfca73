#include "recipes/program/products/recovery.h"

#include "engine/core/text.h"
#include "engine/io/fits.h"
#include "reports/sections/science/recovery.h"
#include "validation/studies/mass_function_recovery.h"
#include "validation/studies/mass_function_tables.h"

namespace arcproof::recipes {
namespace {

// Mocks of known mass functions, seen through the injections.
void make_recovery(RunData& run) {
  const Recipe& recipe = run.recipe;
  const mocks::Range& drawn = recipe.population.mass_msun;
  const studies::RecoveryInput input{studies::read_injected_images(run.injections, "injections.fits",
                                                                   lower_case(recipe.reference_band), true),
                                     run.injections.integers("realisation"),
                                     {drawn.low, drawn.high},
                                     recipe.mass_function};
  const auto found = population::injections_by_clump(input.images, input.drawn, input.cuts);
  if (std::none_of(found.begin(), found.end(), [](const population::Injection& i) { return i.found; }))
    return;
  const std::vector<io::Table> tables =
      studies::mass_function_recovery(input, *recipe.recovery, recipe.seed, run.threads);
  io::write_fits_tables(run.output / "cmf_recovery.fits", tables);
  studies::set_recovery_metrics(tables, run.metrics);
}

}  // namespace

const Product recovery_product = {
    {"cmf_recovery.fits"},
    [](const Recipe& recipe) { return recipe.recovery.has_value(); },
    [](const Recipe& recipe) { return studies::recovery_metrics(*recipe.recovery); },
    make_recovery,
    {reports::recovery_section}};

}  // namespace arcproof::recipes

#include "recipes/program/products/study_options.h"

#include "engine/core/text.h"

namespace arcproof::recipes {
namespace {

std::vector<std::string> band_names(const Recipe& recipe) {
  std::vector<std::string> bands;
  for (const BandRecipe& band : recipe.bands) bands.push_back(lower_case(band.name));
  return bands;
}

}  // namespace

validation::MetricOptions metric_options(const Recipe& recipe) {
  return {lower_case(recipe.reference_band), band_names(recipe), recipe.injection.pairs.has_value(),
          recipe.run_sed};
}

validation::TableOptions table_options(const Recipe& recipe) {
  const CompletenessRecipe& steps = recipe.completeness;
  return {steps.mag_step,      steps.log_radius_step,
          steps.log_mass_step, lower_case(recipe.reference_band),
          band_names(recipe),  recipe.injection.pairs.has_value()};
}

studies::PopulationOptions population_options(const Recipe& recipe, int threads) {
  return {recipe.cosmology, lower_case(recipe.reference_band), recipe.run_sed, recipe.seed, threads};
}

}  // namespace arcproof::recipes

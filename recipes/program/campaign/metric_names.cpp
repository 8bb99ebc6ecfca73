#include "recipes/program/campaign/metric_names.h"

#include "recipes/program/campaign/science.h"
#include "recipes/program/campaign/study_options.h"
#include "recipes/program/description/lens_names.h"
#include "validation/metrics.h"
#include "validation/studies/lens_models.h"
#include "validation/studies/mass_function_metrics.h"
#include "validation/studies/mass_function_recovery.h"
#include "validation/studies/templates.h"

namespace arcproof::recipes {

std::vector<validation::MetricDescription> metric_descriptions(const Recipe& recipe) {
  std::vector<validation::MetricDescription> all = validation::run_metrics(metric_options(recipe));
  if (compares_lenses(recipe)) validation::add_to(all, studies::lens_metrics());
  if (recipe.template_mismatch) validation::add_to(all, studies::template_metrics());
  if (!recipe.run_mass_function || !recipe.run_sed) return all;
  if (recipe.recovery) validation::add_to(all, studies::recovery_metrics(*recipe.recovery));
  validation::add_to(all, studies::mass_function_metrics(corrects_mass_function(recipe)));
  return all;
}

std::vector<std::string> metric_names(const Recipe& recipe) {
  return validation::names_of(metric_descriptions(recipe));
}

}  // namespace arcproof::recipes

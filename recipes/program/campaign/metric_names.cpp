#include "recipes/program/campaign/metric_names.h"

#include "engine/population/mass_function.h"
#include "recipes/program/campaign/science.h"
#include "recipes/program/campaign/study_options.h"
#include "recipes/program/description/lens_names.h"
#include "validation/metrics.h"
#include "validation/studies/lens_models.h"
#include "validation/studies/templates.h"

#include <fmt/format.h>

namespace arcproof::recipes {

std::vector<std::string> metric_names(const Recipe& recipe) {
  std::vector<std::string> names = validation::metric_names(metric_options(recipe));
  const auto add_all = [&](const std::vector<std::string>& more) {
    names.insert(names.end(), more.begin(), more.end());
  };
  const auto add = [&](const std::string& family, const std::vector<std::string>& members) {
    for (const std::string& member : members) names.push_back(fmt::format("{}.{}", family, member));
  };
  if (compares_lenses(recipe)) add_all(studies::lens_metric_names());
  if (recipe.template_mismatch) add_all(studies::template_metric_names());
  if (!recipe.run_mass_function || !recipe.run_sed) return names;
  if (recipe.recovery) add_all(studies::recovery_metric_names(*recipe.recovery));
  add("mass_function", {"n_clusters"});
  for (const auto model :
       {population::MassFunctionModel::power_law, population::MassFunctionModel::schechter})
    for (const std::string& parameter : population::parameter_names(model)) {
      const std::string name = std::string(population::name_of(model)) + "." + parameter;
      add("mass_function." + name, {"median", "q16", "q84"});
      add("convergence." + name, {"r_hat_between_ensembles", "ess_bulk", "ess_tail", "length_over_tau"});
      if (corrects_mass_function(recipe))
        add("mass_function.corrected." + name, {"median", "q16", "q84", "n_eff"});
    }
  return names;
}

}  // namespace arcproof::recipes

#include "recipes/program/description/light.h"

namespace arcproof::recipes {
namespace {

sed::SynthesisOptions options_of(const Recipe& recipe, const LightRecipe& light) {
  sed::SynthesisOptions options;
  options.covering_fraction = light.covering_fraction.value_or(recipe.covering_fraction);
  options.dust = sed::dust_law(light.attenuation);
  options.igm_law = sed::igm_law(light.igm);
  options.stars_over_gas_ebv = light.stars_over_gas_ebv;
  options.log_u = light.log_u;
  return options;
}

}  // namespace

sed::SynthesisOptions analysis_light(const Recipe& recipe) {
  return options_of(recipe, recipe.light.value_or(LightRecipe{}));
}

sed::SynthesisOptions truth_light(const Recipe& recipe) {
  return recipe.truth_light ? options_of(recipe, *recipe.truth_light) : analysis_light(recipe);
}

}  // namespace arcproof::recipes

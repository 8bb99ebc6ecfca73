#include "recipes/program/description/light.h"

namespace arcproof::recipes {
namespace {

sed::SynthesisOptions options_of(const Recipe& recipe, const LightRecipe& light) {
  sed::SynthesisOptions options = light.synthesis;
  options.covering_fraction = light.covering_fraction.value_or(recipe.covering_fraction);
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

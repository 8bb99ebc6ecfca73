// Options of spectral synthesis, as a recipe asks for them.
#pragma once

#include "engine/sed/synthesis.h"
#include "recipes/program/description/recipe.h"

namespace arcproof::recipes {

/// Of the SED fits: the recipe's `sed`, and the covering fraction of the recipe where `sed` does not say it.
sed::SynthesisOptions analysis_light(const Recipe& recipe);
/// Of injected clumps and simulated skies: `truth_sed`, where the recipe has it, else as the SED fits.
sed::SynthesisOptions truth_light(const Recipe& recipe);

}  // namespace arcproof::recipes

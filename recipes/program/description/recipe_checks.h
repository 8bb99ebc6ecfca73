// What no single key of a recipe can tell: whether its keys fit together.
#pragma once

#include "recipes/program/description/recipe.h"

#include <string>

namespace arcproof::recipes {

/// InputError naming `file` and the key when keys contradict each other or name what is not there: bands
/// without a PSF, sources in front of the lens, ages above that of the Universe, ...
void check_keys(const Recipe& recipe, const std::string& file);

}  // namespace arcproof::recipes

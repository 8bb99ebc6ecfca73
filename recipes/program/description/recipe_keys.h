// The keys of a recipe: names, kinds, defaults, meanings and the range of each number. Loading, writing out
// and the schema all walk the same description.
#pragma once

#include "recipes/program/description/recipe.h"

namespace arcproof::recipes {

class Binder;

/// Of a constant lens; what lies beyond is a slip of the pen.
inline constexpr double largest_magnification = 1e4;

/// Binds every key of recipe.json to its member.
void describe(Binder& binder, Recipe& recipe);

}  // namespace arcproof::recipes

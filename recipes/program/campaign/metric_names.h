// What a recipe's criteria may ask for.
#pragma once

#include "recipes/program/description/recipe.h"

#include <string>
#include <vector>

namespace arcproof::recipes {

/// Names of all metrics that a run of this recipe may set (those of a mass function only where clusters
/// suffice for its fit).
std::vector<std::string> metric_names(const Recipe& recipe);

}  // namespace arcproof::recipes

// What a recipe's criteria may ask for.
#pragma once

#include "recipes/program/description/recipe.h"
#include "validation/metric.h"

#include <string>
#include <vector>

namespace arcproof::recipes {

/// All metrics that a run of this recipe may set (those of a mass function only where clusters suffice for its
/// fit), and their names alone.
std::vector<validation::MetricDescription> metric_descriptions(const Recipe& recipe);
std::vector<std::string> metric_names(const Recipe& recipe);

}  // namespace arcproof::recipes

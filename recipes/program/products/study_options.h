// What the tables, metrics and studies of a run take from its recipe.
#pragma once

#include "recipes/program/description/recipe.h"
#include "validation/metrics/metrics.h"
#include "validation/studies/population.h"
#include "validation/tables.h"

namespace arcproof::recipes {

validation::MetricOptions metric_options(const Recipe& recipe);
validation::TableOptions table_options(const Recipe& recipe);
studies::PopulationOptions population_options(const Recipe& recipe, int threads);

}  // namespace arcproof::recipes

// Densities, boundedness, formation and sizes of the catalogue (validation/studies/population.h).
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

extern const Product population_product;

}  // namespace arcproof::recipes

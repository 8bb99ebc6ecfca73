// The truth-substitution ladder (validation/studies/ladder.h).
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

extern const Product ladder_product;

}  // namespace arcproof::recipes

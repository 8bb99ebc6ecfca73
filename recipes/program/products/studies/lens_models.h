// What the choice of the lens model does (validation/studies/lens_models.h).
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

extern const Product lens_models_product;

}  // namespace arcproof::recipes

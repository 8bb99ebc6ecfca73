// What a wrong belief about stellar populations does (validation/studies/templates.h).
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

extern const Product templates_product;

}  // namespace arcproof::recipes

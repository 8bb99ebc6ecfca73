// Are known mass functions recovered? (validation/studies/mass_function_recovery.h)
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

extern const Product recovery_product;

}  // namespace arcproof::recipes

// What was injected and what was measured of it: injections, catalogue, completeness, bias.
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

extern const Product measurement_product;

}  // namespace arcproof::recipes

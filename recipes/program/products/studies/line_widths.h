// Emission lines of the populations that the SED fits know.
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

extern const Product line_widths_product;

}  // namespace arcproof::recipes

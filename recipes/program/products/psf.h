// PSFs of injection and analysis, and the depth of every band.
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

extern const Product psf_product;

}  // namespace arcproof::recipes

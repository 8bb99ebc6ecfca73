// What is measured beside the host's clumps: measured.fits, and what is found by chance: chance.fits.
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

extern const Product controls_product;

}  // namespace arcproof::recipes

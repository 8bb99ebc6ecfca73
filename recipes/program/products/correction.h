// How good p_detect and the corrected catalogue are: held-out reliability, limits, counts; on the truth where known.
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

extern const Product correction_product;

}  // namespace arcproof::recipes

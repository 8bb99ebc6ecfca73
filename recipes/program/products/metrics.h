// All numbers of the run in one table, with their units and meanings.
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

/// metrics.fits: METRICS, a row for each number that the run has set: name, value, unit, meaning.
extern const Product metrics_product;

}  // namespace arcproof::recipes

// Pass or fail, by the recipe's criteria; and what the built-in checks warn of.
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

/// Sets RunData::judgement, and members passed, verdict, criteria and checks of report.json. Made when all metrics are
/// set.
extern const Product verdict_product;

}  // namespace arcproof::recipes

// report.json: the verdict, the metrics, and what a reader of the report must know.
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

io::Json report_json(const RunData& run);

}  // namespace arcproof::recipes

// report.json: the verdict, the metrics, and what a reader of the report must know.
#pragma once

#include "recipes/program/products/product.h"
#include "validation/checks/built_in.h"

#include <vector>

namespace arcproof::recipes {

io::Json report_json(const RunData& run, const std::vector<validation::Verdict>& verdicts,
                     const std::vector<validation::BuiltInCheck>& checks);

}  // namespace arcproof::recipes

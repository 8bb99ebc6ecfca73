// The list of all products of a run, and what it implies: the metrics that criteria may ask for, the report's sections.
#pragma once

#include "recipes/program/products/product.h"

#include <string>
#include <vector>

namespace arcproof::recipes {

/// All products, in the order of their sections in the report. Each is made from RunData alone.
const std::vector<const Product*>& all_products();

/// All metrics that a run of this recipe may set (those of a mass function only where clusters suffice for its
/// fit): what criteria may ask for.
std::vector<validation::MetricDescription> metrics_of(const Recipe& recipe);
/// True for the names of files that all_products may write.
bool is_file_of_a_product(const std::string& name);
/// The report's sections: the criteria, then those of all products.
std::vector<reports::SectionMaker> report_sections();

}  // namespace arcproof::recipes

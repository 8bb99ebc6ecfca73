// The numbers of a run that a recipe's criteria may ask for.
#pragma once

#include "engine/io/table.h"
#include "recipes/program/campaign/field_setup.h"
#include "validation/criteria.h"

#include <string>
#include <vector>

namespace arcproof::recipes {

struct RunTables {
  const io::Table& injections;  ///< truth joined with recovery
  const io::Table& catalogue;   ///< of the un-injected fields
  const io::Table& host_truth;  ///< what was drawn for simulated hosts; may have no rows
  const io::Table &bias, &coverage;
};

/// Sets all metrics but those of the mass function, which its fit sets, and of the comparison of lenses
/// (recipes/program/campaign/lens_systematics.h) and of templates
/// (recipes/program/campaign/template_mismatch.h).
void set_metrics(const Recipe& recipe, const std::vector<FieldSetup>& fields, const RunTables& tables,
                 validation::Metrics& metrics);

/// Names of all metrics that a run of this recipe may set (those of a mass function only where clusters
/// suffice for its fit).
std::vector<std::string> metric_names(const Recipe& recipe);

}  // namespace arcproof::recipes

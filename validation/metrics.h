// The numbers of a run that a recipe's criteria may ask for.
#pragma once

#include "engine/io/table.h"
#include "validation/criteria.h"

#include <string>
#include <vector>

namespace arcproof::validation {

struct MetricOptions {
  std::string reference_band;      ///< lower case, as column names have it
  std::vector<std::string> bands;  ///< lower case
  bool has_pairs = false;          ///< clumps were injected two by two
  bool has_sed = true;             ///< masses and ages were fitted
};

/// Depth of one field in each band [AB mag].
struct FieldDepth {
  std::vector<double> mag_ab;
};

struct RunTables {
  const io::Table& injections;  ///< truth joined with recovery
  const io::Table& catalogue;   ///< of the un-injected fields
  const io::Table& host_truth;  ///< what was drawn for simulated hosts; may have no rows
  const io::Table &bias, &coverage;
  std::vector<FieldDepth> depths;
};

/// Sets all metrics that these tables hold; those of links only where there is a host truth.
void set_metrics(const MetricOptions& options, const RunTables& tables, Metrics& metrics);

/// Their names.
std::vector<std::string> metric_names(const MetricOptions& options);

}  // namespace arcproof::validation

// The numbers of a run that a recipe's criteria may ask for, by family. Each family is a pair of functions in one
// file, X_metrics.h: one sets its numbers from tables, the other describes them, name by name.
//
// Tables: `joined` is truth joined with recovery (validation/match.h), `catalogue` that of the un-injected fields
// after correction. NaN where rows are too few for a number.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/bias_metrics.h"
#include "validation/metrics/count_metrics.h"
#include "validation/metrics/isolated_metrics.h"
#include "validation/metrics/link_metrics.h"
#include "validation/metrics/pair_metrics.h"
#include "validation/metrics/pull_metrics.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// Depth of one field in each band [AB mag].
struct FieldDepth {
  std::vector<double> mag_ab;
};

/// depth.BAND: median over the fields.
void set_depth_metrics(const std::vector<FieldDepth>& depths, const std::vector<std::string>& bands,
                       Metrics& metrics);
std::vector<MetricDescription> depth_metrics(const std::vector<std::string>& bands);

/// science.*: rows of the catalogue.
void set_science_metrics(const io::Table& catalogue, Metrics& metrics);
std::vector<MetricDescription> science_metrics();

struct RunTables {
  const io::Table& injections;  ///< truth joined with recovery
  const io::Table& catalogue;   ///< of the un-injected fields
  const io::Table& host_truth;  ///< what was drawn for simulated hosts; may have no rows
  const io::Table &bias, &coverage;
  std::vector<FieldDepth> depths;
};

/// All of them; pairs where there are any, links where there is a host truth.
void set_metrics(const MetricOptions& options, const RunTables& tables, Metrics& metrics);
std::vector<MetricDescription> run_metrics(const MetricOptions& options);

}  // namespace arcproof::validation

// The numbers of a run that a recipe's criteria may ask for, by family. Each family is a pair of functions in one
// file, X_metrics.cpp: one sets its numbers from tables, the other describes them, name by name.
//
// Tables: `joined` is truth joined with recovery (validation/match.h), `catalogue` that of the un-injected fields
// after correction. NaN where rows are too few for a number.
#pragma once

#include "engine/io/table.h"
#include "validation/metric.h"

#include <string>
#include <vector>

namespace arcproof::validation {

struct MetricOptions {
  std::string reference_band;      ///< lower case, as column names have it
  std::vector<std::string> bands;  ///< lower case
  bool has_pairs = false;          ///< clumps were injected two by two
  bool has_sed = true;             ///< masses and ages were fitted
};

/// counts.*: clumps, rows, those injected and recovered; completeness.overall.
/// completeness.*: the logistic fit by magnitude (validation/completeness.h).
void set_count_metrics(const io::Table& joined, Metrics& metrics);
void set_completeness_metrics(const io::Table& joined, Metrics& metrics);
std::vector<MetricDescription> count_metrics();
std::vector<MetricDescription> completeness_metrics();

/// bright.*: flux and its pulls above S/N 10.
void set_bright_metrics(const io::Table& joined, const std::string& band, Metrics& metrics);
std::vector<MetricDescription> bright_metrics();

/// pulls.WHERE.ERROR.*: pulls of fluxes at S/N 5 - 50, of all recovered clumps and of those alone on empty sky, with
/// each model of the errors: redraws as the recipe says, analytic for white and for correlated noise. The S/N that
/// selects is that of the truth, so that the selection does not bend the pulls.
void set_pull_metrics(const io::Table& joined, const std::string& band, Metrics& metrics);
std::vector<MetricDescription> pull_metrics();

/// isolated.*: closure. Clumps that are alone (40 pixels), resolved (sigma >= 0.6 pixel on both axes) and not cut by
/// a critical line.
void set_isolated_metrics(const io::Table& joined, const std::string& band, Metrics& metrics);
std::vector<MetricDescription> isolated_metrics();

/// pairs.RANGE.*: crowding, by separation of the two.
void set_pair_metrics(const io::Table& joined, const std::string& band, Metrics& metrics);
std::vector<MetricDescription> pair_metrics();

/// bias.QUANTITY.* of the rows "all", and coverage.QUANTITY, of the tables of validation/bias.h.
void set_bias_metrics(const io::Table& bias, Metrics& metrics);
void set_coverage_metrics(const io::Table& coverage, Metrics& metrics);
std::vector<MetricDescription> bias_metrics(const MetricOptions& options);
std::vector<MetricDescription> coverage_metrics(const MetricOptions& options);

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

/// links.*: counter-images of simulated hosts, against what was drawn for them.
void set_link_metrics(const io::Table& catalogue, const io::Table& host_truth, const std::string& band,
                      Metrics& metrics);
std::vector<MetricDescription> link_metrics();

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

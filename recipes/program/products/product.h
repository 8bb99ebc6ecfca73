// What a run leaves: each product says in one place which files it writes, which metrics it sets and what the
// report shows of it. To add one: a file here with its Product, and a line in campaign/products.cpp.
#pragma once

#include "engine/io/json.h"
#include "engine/io/table.h"
#include "recipes/program/fields/field_setup.h"
#include "reports/sections/section.h"
#include "validation/checks/built_in.h"
#include "validation/correction/posterior.h"
#include "validation/metrics/metric.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace arcproof::recipes {

/// What products are made of, and where they put their numbers.
struct RunData {
  const Recipe& recipe;
  const Inputs& inputs;
  const std::vector<FieldSetup>& fields;
  std::filesystem::path output;
  int threads = 1;
  io::Table injections{"INJECTIONS"};  ///< of all parts: truth joined with measurement
  io::Table examples{"EXAMPLES"};      ///< cutouts of some recovered clumps; may have no rows
  io::Table measured{"MEASURED"};      ///< objects around injections, outside the host, in the negative image
  io::Table areas{"AREAS"};            ///< that were searched for the latter two
  io::Table placeholders{"PLACEHOLDERS"};  ///< without light, matched by chance
  io::Table ladder{"LADDER_ROWS"};         ///< recovered injections with true values put in; may have no rows
  io::Table catalogue{"CATALOG"};          ///< of the un-injected fields, corrected
  io::Table host_truth{"HOST_TRUTH"};      ///< what was drawn for simulated hosts; may have no rows
  std::shared_ptr<const validation::Correction> correction = {};  ///< of the catalogue
  std::vector<validation::MetricDescription> described =
      {};  ///< all metrics that the products of this run may set
  validation::Metrics metrics = {};
  validation::Judgement judgement = validation::Judgement::not_judged;
  io::Json report = io::Json::object();  ///< further members of report.json
};

inline std::vector<validation::MetricDescription> no_metrics(const Recipe&) { return {}; }
inline bool always_asked_for(const Recipe&) { return true; }

struct Product {
  /// Names that it may write into the output folder; those of an earlier run are removed before a new one.
  std::vector<std::string> files;
  bool (*is_asked_for)(const Recipe& recipe) = always_asked_for;
  /// All metrics that `make` may set: what criteria may ask for.
  std::vector<validation::MetricDescription> (*metrics)(const Recipe& recipe) = no_metrics;
  /// Writes the files and sets the metrics.
  void (*make)(RunData& run) = nullptr;
  /// Its sections of the report, which are made from its files.
  std::vector<reports::SectionMaker> sections;
};

}  // namespace arcproof::recipes

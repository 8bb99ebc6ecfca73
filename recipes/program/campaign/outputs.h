// From parts to products: tables, metrics, verdict, report, manifest.
#pragma once

#include "recipes/program/campaign/field_setup.h"
#include "recipes/program/campaign/rounds.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::recipes {

/// Wall and CPU time since construction.
class RunClock {
 public:
  RunClock();
  double wall_s() const;
  double cpu_s() const;

 private:
  std::chrono::steady_clock::time_point start_;
  double cpu_start_;
};

/// True for the file names that write_outputs writes.
bool is_product(const std::string& file_name);

class PartStore;

/// Writes all products of a run whose parts are complete; `rounds` are those that the run added. Returns
/// whether all criteria are met.
bool write_outputs(const Recipe& recipe, const Inputs& inputs, const std::vector<FieldSetup>& fields,
                   const PartStore& store, const std::filesystem::path& output, int threads,
                   const RunClock& clock, const std::vector<RoundRecord>& rounds = {});

}  // namespace arcproof::recipes

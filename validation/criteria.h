// Pass or fail, by criteria that the recipe fixed before the run.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace arcproof::validation {

/// Numbers of a run by name ("bias.mag_f150w.all.bias", ...), in order of computation.
class Metrics {
 public:
  void set(std::string name, double value) { values_.emplace_back(std::move(name), value); }
  std::optional<double> find(const std::string& name) const;
  const std::vector<std::pair<std::string, double>>& all() const { return values_; }

 private:
  std::vector<std::pair<std::string, double>> values_;
};

struct Criterion {
  std::string metric;
  std::optional<double> min, max;
  std::string why;  ///< one line for the report
};

struct Verdict {
  Criterion criterion;
  double value = 0;  ///< NaN when the metric could not be computed: that fails
  bool passed = false;
};

std::vector<Verdict> judge(const std::vector<Criterion>& criteria, const Metrics& metrics);

}  // namespace arcproof::validation

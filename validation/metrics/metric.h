// Numbers of a run by name, and what they mean.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace arcproof::validation {

/// Numbers of a run by name ("bias.mag_f150w.bias", ...), in order of computation.
class Metrics {
 public:
  void set(std::string name, double value) { values_.emplace_back(std::move(name), value); }
  std::optional<double> find(const std::string& name) const;
  const std::vector<std::pair<std::string, double>>& all() const { return values_; }

 private:
  std::vector<std::pair<std::string, double>> values_;
};

/// What the families of metrics need to know of a run.
struct MetricOptions {
  std::string reference_band;      ///< lower case, as column names have it
  std::vector<std::string> bands;  ///< lower case
  bool has_pairs = false;          ///< clumps were injected two by two
  bool has_sed = true;             ///< masses and ages were fitted
};

/// A number that a run sets. Described in the file that sets it, beside the function that does.
struct MetricDescription {
  std::string name;
  std::string unit;     ///< FITS-standard unit string, "" when dimensionless
  std::string meaning;  ///< one line, for people
  bool operator==(const MetricDescription&) const = default;
};

std::vector<std::string> names_of(const std::vector<MetricDescription>& metrics);

/// Appends `more`.
void add_to(std::vector<MetricDescription>& all, std::vector<MetricDescription> more);

}  // namespace arcproof::validation

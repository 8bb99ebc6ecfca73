#include "validation/metrics/metric.h"

#include <iterator>

namespace arcproof::validation {

std::optional<double> Metrics::find(const std::string& name) const {
  for (const auto& [key, value] : values_)
    if (key == name) return value;
  return std::nullopt;
}

std::vector<std::string> names_of(const std::vector<MetricDescription>& metrics) {
  std::vector<std::string> names;
  for (const MetricDescription& metric : metrics) names.push_back(metric.name);
  return names;
}

void add_to(std::vector<MetricDescription>& all, std::vector<MetricDescription> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace arcproof::validation

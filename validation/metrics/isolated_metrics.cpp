#include "validation/metrics/isolated_metrics.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "validation/neighbours.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace arcproof::validation {
namespace {

constexpr double alone_pix = 40, resolved_pix = 0.6;

// The images of each realisation: those of others are not on the same pixels.
class Realisations {
 public:
  explicit Realisations(const io::Table& joined)
      : number_(joined.integers("realisation")), x_(joined.reals("true_x")), y_(joined.reals("true_y")) {
    std::map<std::int64_t, std::vector<std::size_t>> rows;
    for (std::size_t i = 0; i < number_.size(); ++i) rows[number_[i]].push_back(i);
    for (const auto& [realisation, members] : rows) images_.emplace(realisation, Neighbours(x_, y_, members));
  }
  // No other image is nearer than alone_pix.
  bool is_alone(std::size_t row) const {
    const std::vector<Neighbour> near = images_.at(number_[row]).within(x_[row], y_[row], alone_pix);
    return std::none_of(near.begin(), near.end(), [&](const Neighbour& other) {
      return other.point != row && other.distance < alone_pix;
    });
  }

 private:
  const io::Integers& number_;
  const io::Reals &x_, &y_;
  std::map<std::int64_t, Neighbours> images_;
};

double largest(const std::vector<double>& values) {
  return values.empty() ? nan : *std::max_element(values.begin(), values.end());
}

}  // namespace

void set_isolated_metrics(const io::Table& joined, const std::string& band, Metrics& metrics) {
  const io::Flags& recovered = joined.flags("recovered");
  const io::Integers &merged = joined.integers("merged_images"),
                     &group = joined.integers("measured_group_size");
  const io::Reals &minor = joined.reals("true_sigma_minor_pix"),
                  &flux = joined.reals("measured_flux_" + band),
                  &true_flux = joined.reals("true_flux_" + band),
                  &radius = joined.reals("measured_radius_pc"), &true_radius = joined.reals("true_radius_pc");
  const Realisations realisations(joined);
  std::vector<double> flux_deviation, radius_deviation;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    if (!recovered[i] || merged[i] != 1 || group[i] != 1) continue;
    if (!(minor[i] >= resolved_pix) || !realisations.is_alone(i)) continue;
    flux_deviation.push_back(std::abs(flux[i] / true_flux[i] - 1));
    radius_deviation.push_back(std::abs(radius[i] / true_radius[i] - 1));
  }
  metrics.set("isolated.n", static_cast<double>(flux_deviation.size()));
  metrics.set("isolated.flux_deviation_median", statistics::median(flux_deviation));
  metrics.set("isolated.radius_deviation_median", statistics::median(radius_deviation));
  metrics.set("isolated.flux_deviation_max", largest(flux_deviation));
  metrics.set("isolated.radius_deviation_max", largest(radius_deviation));
}

std::vector<MetricDescription> isolated_metrics() {
  return {{"isolated.n", "", "recovered clumps that are alone, resolved and not cut by a critical line"},
          {"isolated.flux_deviation_median", "", "their median |measured / true flux - 1|"},
          {"isolated.radius_deviation_median", "", "their median |measured / true radius - 1|"},
          {"isolated.flux_deviation_max", "", "their largest |measured / true flux - 1|"},
          {"isolated.radius_deviation_max", "", "their largest |measured / true radius - 1|"}};
}

}  // namespace arcproof::validation

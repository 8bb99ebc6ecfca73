#include "recipes/program/fields/surroundings.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace arcproof::recipes {
namespace {

constexpr double light_width_pix = 3, ring_inner_pix = 4, ring_outer_pix = 8, same_object_pix = 0.5;

struct Surroundings {
  double crowding_pix = nan, neighbour_light = nan, local_brightness = nan;
};

double brightness_of_ring(const sky::Exposure& exposure, double x, double y) {
  std::vector<double> values;
  const int cx = static_cast<int>(std::lround(x)), cy = static_cast<int>(std::lround(y));
  const int reach = static_cast<int>(ring_outer_pix) + 1;
  for (int j = cy - reach; j <= cy + reach; ++j)
    for (int i = cx - reach; i <= cx + reach; ++i) {
      const double d = std::hypot(i - x, j - y);
      if (d < ring_inner_pix || d > ring_outer_pix || !exposure.flux_njy.contains(i, j)) continue;
      if (const double value = exposure.flux_njy(i, j); std::isfinite(value)) values.push_back(value);
    }
  return values.empty() ? nan : statistics::median(values);
}

class Around {
 public:
  explicit Around(const FieldSetup& field)
      : x_(field.baseline.reals("x")),
        y_(field.baseline.reals("y")),
        flux_(field.baseline.reals("flux_" + field.match.reference_band)),
        reference_(field.exposures[field.analysis.reference]) {}

  Surroundings of(double x, double y, bool own) const {
    if (!std::isfinite(x) || !std::isfinite(y)) return {};
    const std::optional<std::size_t> itself = own ? object_at(x, y) : std::nullopt;
    Surroundings result{
        static_cast<double>(std::max(reference_.flux_njy.width(), reference_.flux_njy.height())), 0,
        brightness_of_ring(reference_, x, y)};
    for (std::size_t j = 0; j < x_.size(); ++j) {
      if (j == itself) continue;
      const double d = std::hypot(x_[j] - x, y_[j] - y);
      result.crowding_pix = std::min(result.crowding_pix, d);
      result.neighbour_light += flux_[j] * std::exp(-0.5 * std::pow(d / light_width_pix, 2));
    }
    return result;
  }

 private:
  std::optional<std::size_t> object_at(double x, double y) const {
    std::optional<std::size_t> nearest;
    double least = same_object_pix;
    for (std::size_t j = 0; j < x_.size(); ++j)
      if (const double d = std::hypot(x_[j] - x, y_[j] - y); d <= least) {
        least = d;
        nearest = j;
      }
    return nearest;
  }
  const io::Reals &x_, &y_, &flux_;
  const sky::Exposure& reference_;
};

}  // namespace

void add_surroundings(io::Table& table, const FieldSetup& field, const std::string& x_column,
                      const std::string& y_column, bool own) {
  const Around around(field);
  const io::Reals &x = table.reals(x_column), &y = table.reals(y_column);
  io::Reals crowding, light, brightness;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const Surroundings one = around.of(x[i], y[i], own);
    crowding.push_back(one.crowding_pix);
    light.push_back(one.neighbour_light);
    brightness.push_back(one.local_brightness);
  }
  table.add("crowding_pix", "pix", "distance to the nearest other object of the image without injections",
            std::move(crowding));
  table.add("neighbour_light", "nJy",
            "light of other objects, reference band: each flux times exp(-d^2 / 2 s^2), s = 3 pixels",
            std::move(light));
  table.add("local_brightness", "nJy",
            "a pixel: median of the image without injections between 4 and 8 pixels from here",
            std::move(brightness));
}

}  // namespace arcproof::recipes

#include "mocks/placement.h"

#include "engine/core/missing.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>

namespace arcproof::mocks {
namespace {

constexpr std::size_t fewest_rows = 5;

double squared_distance(sky::PixelPosition a, sky::PixelPosition b) {
  return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
}

double normal(double r2, double width) {
  return std::exp(-0.5 * r2 / (width * width)) / (2 * units::pi * width * width);
}

int index(double coordinate) { return static_cast<int>(std::lround(coordinate)); }

double at(const Array2D<double>& image, double x, double y) {
  if (!std::isfinite(x) || !std::isfinite(y)) return 0;
  return image.contains(index(x), index(y)) ? image(index(x), index(y)) : 0;
}

}  // namespace

double width_by_leave_one_out(std::span<const sky::PixelPosition> rows, double area, double uniform_share) {
  constexpr double narrowest = 1, widest = 200, step = 1.05;
  const auto others = static_cast<double>(rows.size() - 1);
  double best_width = narrowest, best = -HUGE_VAL;
  for (double width = narrowest; width <= widest; width *= step) {
    double likelihood = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double density = 0;
      for (std::size_t j = 0; j < rows.size(); ++j)
        if (j != i) density += normal(squared_distance(rows[i], rows[j]), width) / others;
      likelihood += std::log((1 - uniform_share) * density + uniform_share / area);
    }
    if (likelihood > best) {
      best = likelihood;
      best_width = width;
    }
  }
  return best_width;
}

Placement::Placement(std::vector<sky::PixelPosition> places, int width, int height,
                     std::span<const sky::PixelPosition> rows, const PlacementOptions& options)
    : places_(std::move(places)), inside_(width, height, 0), width_pix_(nan) {
  for (const sky::PixelPosition& place : places_) inside_(index(place.x), index(place.y)) = 1;
  if (rows.size() < fewest_rows) return;
  const auto area = static_cast<double>(places_.size());
  width_pix_ = width_by_leave_one_out(rows, area, options.uniform_share);
  clumps_ = Array2D<double>(width, height, 0.0);
  double sum = 0;
  for (const sky::PixelPosition& place : places_) {
    double& density = clumps_(index(place.x), index(place.y));
    for (const sky::PixelPosition& row : rows) density += normal(squared_distance(place, row), width_pix_);
    sum += density;
  }
  for (double& density : clumps_) density /= sum;
  if (options.kind == PlacementKind::uniform) return;
  share_ = options.uniform_share;
  double total = 0;
  for (const sky::PixelPosition& place : places_)
    cumulative_.push_back(total += (1 - share_) * clumps_(index(place.x), index(place.y)) + share_ / area);
}

sky::PixelPosition Placement::draw(Random& random) const {
  std::size_t which = 0;
  if (cumulative_.empty()) {
    which = random.index(places_.size());
  } else {
    const double u = random.uniform(0, cumulative_.back());
    which = static_cast<std::size_t>(std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, u) -
                                     cumulative_.begin());
  }
  const sky::PixelPosition pixel = places_[which];
  const double x = pixel.x + random.uniform(-0.5, 0.5);
  return {x, pixel.y + random.uniform(-0.5, 0.5)};
}

double Placement::uniform(double x, double y) const {
  if (!std::isfinite(x) || !std::isfinite(y)) return 0;
  const bool is_place = inside_.contains(index(x), index(y)) && inside_(index(x), index(y));
  return is_place ? 1 / static_cast<double>(places_.size()) : 0;
}

double Placement::clumps(double x, double y) const {
  return clumps_.size() ? at(clumps_, x, y) : uniform(x, y);
}

double Placement::drawn(double x, double y) const {
  return (1 - share_) * clumps(x, y) + share_ * uniform(x, y);
}

}  // namespace arcproof::mocks

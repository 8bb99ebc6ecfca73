#include "mocks/placement.h"

#include "engine/core/missing.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>

namespace arcproof::mocks {
namespace {

constexpr std::size_t fewest_rows = 5;

double squared_distance(const SourcePlace& a, const SourcePlace& b) {
  return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
}

double normal(double r2, double width) {
  return std::exp(-0.5 * r2 / (width * width)) / (2 * units::pi * width * width);
}

// Kernels widen what they smooth: rows are drawn together about their mean, so that the density has their variance
// (Silverman 1986, sect. 6.4.1).
void keep_variance(std::vector<SourcePlace>& rows, double width) {
  const auto n = static_cast<double>(rows.size());
  double x = 0, y = 0, variance = 0;
  for (const SourcePlace& row : rows) {
    x += row.x / n;
    y += row.y / n;
  }
  for (const SourcePlace& row : rows)
    variance += ((row.x - x) * (row.x - x) + (row.y - y) * (row.y - y)) / (2 * n);
  const double shrink = variance > 0 ? std::sqrt(std::fmax(0.0, 1 - width * width / variance)) : 1;
  for (SourcePlace& row : rows) row = {x + shrink * (row.x - x), y + shrink * (row.y - y), row.pixel_area};
}

int index(double coordinate) { return static_cast<int>(std::lround(coordinate)); }

double at(const Array2D<double>& image, double x, double y) {
  if (!std::isfinite(x) || !std::isfinite(y)) return 0;
  return image.contains(index(x), index(y)) ? image(index(x), index(y)) : 0;
}

}  // namespace

double width_by_leave_one_out(std::span<const SourcePlace> rows, double area, double uniform_share) {
  constexpr double step = 1.05;
  const double widest = std::sqrt(area), narrowest = 1e-3 * widest;
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
                     std::span<const sky::PixelPosition> rows, const PlacementOptions& options,
                     const ToSource& to_source)
    : places_(std::move(places)), inside_(width, height, 0), width_(nan) {
  const auto source = [&](sky::PixelPosition p) {
    return to_source ? to_source(p) : SourcePlace{p.x, p.y, 1};
  };
  for (const sky::PixelPosition& place : places_) inside_(index(place.x), index(place.y)) = 1;
  std::vector<SourcePlace> sources, behind;
  for (const sky::PixelPosition& row : rows)
    if (const SourcePlace one = source(row); std::isfinite(one.x) && std::isfinite(one.y))
      sources.push_back(one);
  if (sources.size() < fewest_rows) return;
  const auto area = static_cast<double>(places_.size());
  double area_in_source = 0;
  for (const sky::PixelPosition& place : places_) {
    behind.push_back(source(place));
    if (behind.back().pixel_area > 0) area_in_source += behind.back().pixel_area;
  }
  width_ = width_by_leave_one_out(sources, area_in_source, options.uniform_share);
  keep_variance(sources, width_);
  clumps_ = Array2D<double>(width, height, 0.0);
  double sum = 0;
  for (std::size_t p = 0; p < places_.size(); ++p) {
    double density = 0;
    for (const SourcePlace& one : sources) density += normal(squared_distance(behind[p], one), width_);
    density *= behind[p].pixel_area;
    if (!(density >= 0)) density = 0;
    sum += clumps_(index(places_[p].x), index(places_[p].y)) = density;
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

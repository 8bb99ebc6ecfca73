#include "validation/neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace arcproof::validation {
namespace {

// Parts of the tree that are further away than this much more than the reach are passed over: rounding is smaller.
constexpr double rounding = 1e-9;

std::vector<std::size_t> all_of(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

}  // namespace

Neighbours::Neighbours(std::span<const double> x, std::span<const double> y, Scales scales)
    : Neighbours(x, y, all_of(x.size()), scales) {}

Neighbours::Neighbours(std::span<const double> x, std::span<const double> y,
                       std::span<const std::size_t> which, Scales scales)
    : scales_(scales) {
  for (const std::size_t i : which)
    if (std::isfinite(x[i]) && std::isfinite(y[i])) nodes_.push_back({x[i], y[i], i});
  build({0, nodes_.size(), true});
}

void Neighbours::build(const Part& part) {
  if (part.last - part.first < 2) return;
  const std::size_t middle = part.first + (part.last - part.first) / 2;
  const auto at = [&](std::size_t i) { return nodes_.begin() + static_cast<std::ptrdiff_t>(i); };
  std::nth_element(at(part.first), at(middle), at(part.last),
                   [&](const Node& a, const Node& b) { return part.by_x ? a.x < b.x : a.y < b.y; });
  build({part.first, middle, !part.by_x});
  build({middle + 1, part.last, !part.by_x});
}

double Neighbours::distance(const Node& node, const Place& place) const {
  return std::hypot((node.x - place.x) / scales_.x, (node.y - place.y) / scales_.y);
}

// The side of the cut on which the place lies comes first; what is seen there may shorten the reach.
template <class Visit>
void Neighbours::visit(const Part& part, const Place& place, const Visit& see, const double& reach) const {
  if (part.first >= part.last) return;
  const std::size_t middle = part.first + (part.last - part.first) / 2;
  const Node& root = nodes_[middle];
  const Part below{part.first, middle, !part.by_x}, above{middle + 1, part.last, !part.by_x};
  const double beyond =
      part.by_x ? (place.x - root.x) / scales_.x : (place.y - root.y) / scales_.y;  // > 0: above the cut
  see(root);
  visit(beyond > 0 ? above : below, place, see, reach);
  if (!(std::abs(beyond) * (1 - rounding) > reach)) visit(beyond > 0 ? below : above, place, see, reach);
}

std::vector<Neighbour> Neighbours::within(double x, double y, double reach) const {
  std::vector<Neighbour> found;
  const Place place{x, y};
  const auto see = [&](const Node& node) {
    if (const double d = distance(node, place); d <= reach) found.push_back({d, node.point});
  };
  if (std::isfinite(x) && std::isfinite(y)) visit({0, nodes_.size(), true}, place, see, reach);
  std::sort(found.begin(), found.end(),
            [](const Neighbour& a, const Neighbour& b) { return a.point < b.point; });
  return found;
}

std::vector<Neighbour> Neighbours::nearest(double x, double y, std::size_t count) const {
  std::vector<Neighbour> best;  // a heap: the furthest first
  if (count == 0 || !std::isfinite(x) || !std::isfinite(y)) return best;
  const Place place{x, y};
  double reach = std::numeric_limits<double>::infinity();
  const auto see = [&](const Node& node) {
    const Neighbour one{distance(node, place), node.point};
    if (best.size() == count) {
      if (!(one < best.front())) return;
      std::pop_heap(best.begin(), best.end());
      best.back() = one;
    } else {
      best.push_back(one);
    }
    std::push_heap(best.begin(), best.end());
    if (best.size() == count) reach = best.front().distance;
  };
  visit({0, nodes_.size(), true}, place, see, reach);
  std::sort_heap(best.begin(), best.end());
  return best;
}

}  // namespace arcproof::validation

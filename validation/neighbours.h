// Points of a plane that lie near a place: a tree in place of a loop over all of them.
//
//   distance = hypot((x_i - x) / scale_x, (y_i - y) / scale_y)
//
// A k-d tree, cut at the median of x and of y in turn; distances are computed as written above, so that what comes
// out is what a loop over all points finds, to the last bit. Building n log n; a look-up log n and what it finds.
// Points with a coordinate that is no finite number are near to nothing.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace arcproof::validation {

/// Units of distance along both axes.
struct Scales {
  double x = 1, y = 1;
};

struct Neighbour {
  double distance;
  std::size_t point;  ///< number of the point, as given
  bool operator<(const Neighbour& other) const {
    return distance < other.distance || (distance == other.distance && point < other.point);
  }
  bool operator==(const Neighbour&) const = default;
};

class Neighbours {
 public:
  /// All points, or those at the positions `which`.
  Neighbours(std::span<const double> x, std::span<const double> y, Scales scales = {});
  Neighbours(std::span<const double> x, std::span<const double> y, std::span<const std::size_t> which,
             Scales scales = {});

  std::size_t size() const { return nodes_.size(); }

  /// Points with distance <= reach, by their number.
  std::vector<Neighbour> within(double x, double y, double reach) const;
  /// The `count` nearest points (all, where there are fewer), by distance, then by number.
  std::vector<Neighbour> nearest(double x, double y, std::size_t count) const;

 private:
  struct Node {
    double x, y;
    std::size_t point;
  };
  struct Place {
    double x, y;
  };
  /// A part of the tree: its root stands in the middle of [first, last).
  struct Part {
    std::size_t first, last;
    bool by_x;
  };
  void build(const Part& part);
  double distance(const Node& node, const Place& place) const;
  template <class Visit>
  void visit(const Part& part, const Place& place, const Visit& see, const double& reach) const;

  std::vector<Node> nodes_;
  Scales scales_;
};

}  // namespace arcproof::validation

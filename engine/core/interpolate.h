// Straight lines between the nodes of an increasing grid: where a value lies, and what stands there.
//
// For x_i < x <= x_(i+1) the weight of the right node is t = (x - x_i) / (x_(i+1) - x_i), and the value there
// y_i + t (y_(i+1) - y_i). A node belongs to the interval on its left, with t = 1; the first one to the first
// interval, with t = 0. Grids have one node or more; a grid of one node is a constant.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace arcproof {

/// Two neighbouring nodes and the weight of the right one; of a single node both are that node, the weight 0.
struct Bracket {
  std::size_t left = 0, right = 0;
  double part = 0;
};

/// The interval of `at`. Beyond the ends it is the outermost one, and the weight leaves [0, 1].
inline Bracket bracket(std::span<const double> grid, double at) {
  if (grid.size() < 2) return {};
  const auto after = std::lower_bound(grid.begin() + 1, grid.end() - 1, at);
  const auto right = static_cast<std::size_t>(after - grid.begin());
  return {right - 1, right, (at - grid[right - 1]) / (grid[right] - grid[right - 1])};
}

/// The same, held at the ends.
inline Bracket held_bracket(std::span<const double> grid, double at) {
  Bracket b = bracket(grid, at);
  b.part = std::clamp(b.part, 0.0, 1.0);
  return b;
}

/// The same with weights by the logarithms, t = ln(x / x_i) / ln(x_(i+1) / x_i); nodes and `at` are above 0.
inline Bracket held_log_bracket(std::span<const double> grid, double at) {
  Bracket b = bracket(grid, at);
  if (b.right > b.left)
    b.part = std::clamp(std::log(at / grid[b.left]) / std::log(grid[b.right] / grid[b.left]), 0.0, 1.0);
  return b;
}

/// In an evenly spaced grid, without a search. Beyond the ends the line goes on for `beyond` steps and is held
/// there. Here an inner node belongs to the interval on its right.
inline Bracket even_bracket(std::span<const double> grid, double at, double beyond) {
  if (grid.size() < 2) return {};
  const double step = grid[1] - grid[0], last = static_cast<double>(grid.size() - 1);
  const double x = std::clamp((at - grid.front()) / step, -beyond, last + beyond);
  const auto left = std::min(static_cast<std::size_t>(std::max(0.0, x)), grid.size() - 2);
  return {left, left + 1, x - static_cast<double>(left)};
}

/// y_left + t (y_right - y_left)
inline double between(double left, double right, double part) { return left + part * (right - left); }

/// y at a place of the grid x; beyond its ends the first or the last y. x and y have the same size.
inline double interpolate(std::span<const double> x, std::span<const double> y, double at) {
  if (at <= x.front()) return y.front();
  if (at > x.back()) return y.back();
  const Bracket b = bracket(x, at);
  return between(y[b.left], y[b.right], b.part);
}

}  // namespace arcproof

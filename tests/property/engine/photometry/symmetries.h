// What the property tests of the fits share: a PSF with the symmetries of the pixel grid, and the grid's
// symmetries.
#pragma once

#include "engine/sky/psf.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <rapidcheck.h>

namespace arcproof::photometry {

inline constexpr double pi = std::numbers::pi;
inline constexpr int size = 13;

inline double in_range(double low, double high) {
  constexpr int steps = 1000000;
  return low + (high - low) * *rc::gen::inRange(0, steps + 1) / steps;
}

// Symmetric under transposition and quarter turns.
inline const sky::Psf& round_psf() {
  static const sky::Psf psf = [] {
    constexpr int side = 63;
    Array2D<double> image(side, side);
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x)
        image(x, y) = std::pow(1 + (std::pow(x - side / 2, 2) + std::pow(y - side / 2, 2)) / 7.0, -3.0);
    return sky::Psf::from_image(image, 0.02, 0.02, "Moffat");
  }();
  return psf;
}

// result(x, y) = image(column(x, y), row(x, y)).
template <class Map>
std::vector<double> rearranged(const std::vector<double>& image, Map map) {
  std::vector<double> result;
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) result.push_back(image[map(x, y)]);
  return result;
}
inline std::vector<double> transposed(const std::vector<double>& image) {
  return rearranged(image, [](int x, int y) { return x * size + y; });
}
// What was at (x, y) relative to the centre is at (-y, x).
inline std::vector<double> turned(const std::vector<double>& image) {
  return rearranged(image, [](int x, int y) { return (size - 1 - x) * size + y; });
}

inline double worst(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

// Difference of two directions of an axis.
inline double axis_difference(double a, double b) { return std::remainder(a - b, pi); }

// Ends of two descents differ by a small part of an error.
inline constexpr double close = 0.01;
}  // namespace arcproof::photometry

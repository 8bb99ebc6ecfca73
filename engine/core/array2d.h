// A dense two-dimensional array, row-major: element (x, y) is at y * width + x, like a FITS image with NAXIS1
// = width.
#pragma once

#include "engine/core/error.h"

#include <cmath>
#include <cstddef>
#include <vector>

namespace arcproof {

template <class T>
class Array2D {
 public:
  Array2D() = default;
  Array2D(int width, int height, T value = T{})
      : width_(width), height_(height), data_(pixels(width, height), value) {}

  int width() const { return width_; }
  int height() const { return height_; }
  std::size_t size() const { return data_.size(); }
  bool empty() const { return data_.empty(); }
  bool contains(int x, int y) const { return x >= 0 && y >= 0 && x < width_ && y < height_; }
  bool same_shape(const Array2D& other) const { return width_ == other.width_ && height_ == other.height_; }

  T& operator()(int x, int y) { return data_[static_cast<std::size_t>(y) * width_ + x]; }
  const T& operator()(int x, int y) const { return data_[static_cast<std::size_t>(y) * width_ + x]; }

  T* data() { return data_.data(); }
  const T* data() const { return data_.data(); }
  T* row(int y) { return data_.data() + static_cast<std::size_t>(y) * width_; }
  const T* row(int y) const { return data_.data() + static_cast<std::size_t>(y) * width_; }

  auto begin() { return data_.begin(); }
  auto end() { return data_.end(); }
  auto begin() const { return data_.begin(); }
  auto end() const { return data_.end(); }

  bool operator==(const Array2D&) const = default;

 private:
  static std::size_t pixels(int width, int height) {
    require(width >= 0 && height >= 0, "Array2D: width and height are not negative");
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }

  int width_ = 0;
  int height_ = 0;
  std::vector<T> data_;
};

/// Whether the pixel nearest to a place [pixel] is set. False off the mask, and for what is no number.
inline bool in_mask(const Array2D<unsigned char>& mask, double x, double y) {
  if (!(std::abs(x) < 1e9 && std::abs(y) < 1e9)) return false;
  const int i = static_cast<int>(std::lround(x)), j = static_cast<int>(std::lround(y));
  return mask.contains(i, j) && mask(i, j) != 0;
}

}  // namespace arcproof

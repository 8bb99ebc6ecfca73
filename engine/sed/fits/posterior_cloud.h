// A proposal for points of a posterior, about points already weighted. Private to engine/sed.
#pragma once

#include "engine/core/random.h"
#include "engine/sed/fits/posterior_places.h"

#include <array>
#include <span>
#include <vector>

namespace arcproof::sed::posterior {

/// Student's t with four degrees of freedom in the free axes, of the mean and covariance of weighted places
/// (never narrower than a hundredth of `resolution`).
class Cloud {
 public:
  Cloud(const std::vector<Place>& places, std::span<const double> weight, const Box& box,
        const Place& resolution);

  Place draw(Random& random) const;
  /// Probability density in the free axes.
  double density(const Place& place) const;

 private:
  static constexpr double degrees = 4;
  double off(const Place& place, std::size_t r) const { return place[axis_[r]] - mean_[axis_[r]]; }
  void decompose();

  std::vector<std::size_t> axis_;
  Place mean_{};
  std::array<std::array<double, axes>, axes> factor_{};  ///< Cholesky, lower
  double normalisation_ = 1;
};

}  // namespace arcproof::sed::posterior

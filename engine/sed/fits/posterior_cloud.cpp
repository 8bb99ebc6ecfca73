#include "engine/sed/fits/posterior_cloud.h"

#include "engine/core/units.h"

#include <cmath>

namespace arcproof::sed::posterior {

Cloud::Cloud(const std::vector<Place>& places, std::span<const double> weight, const Box& box,
             const Place& resolution) {
  for (std::size_t i = 0; i < axes; ++i)
    if (box.free(i)) axis_.push_back(i);
  mean_ = box.low;
  double sum = 0;
  for (const double w : weight) sum += w;
  for (const std::size_t i : axis_) {
    mean_[i] = 0;
    for (std::size_t k = 0; k < places.size(); ++k) mean_[i] += weight[k] / sum * places[k][i];
  }
  for (std::size_t r = 0; r < axis_.size(); ++r)
    for (std::size_t c = 0; c <= r; ++c) {
      double moment = 0;
      for (std::size_t k = 0; k < places.size(); ++k)
        moment += weight[k] / sum * off(places[k], r) * off(places[k], c);
      // A hundredth of a cell: never singular.
      factor_[r][c] = moment + (r == c ? std::pow(0.01 * resolution[axis_[r]], 2) : 0.0);
    }
  decompose();
}

Place Cloud::draw(Random& random) const {
  std::array<double, axes> normal{};
  for (std::size_t i = 0; i < axis_.size(); ++i) normal[i] = random.normal();
  const double chi2 = -2 * std::log((1 - random.uniform()) * (1 - random.uniform()));
  const double stretch = std::sqrt(degrees / chi2);
  Place place = mean_;
  for (std::size_t r = 0; r < axis_.size(); ++r)
    for (std::size_t c = 0; c <= r; ++c) place[axis_[r]] += stretch * factor_[r][c] * normal[c];
  return place;
}

double Cloud::density(const Place& place) const {
  std::array<double, axes> solved{};
  double square = 0;
  for (std::size_t r = 0; r < axis_.size(); ++r) {
    solved[r] = off(place, r);
    for (std::size_t c = 0; c < r; ++c) solved[r] -= factor_[r][c] * solved[c];
    solved[r] /= factor_[r][r];
    square += solved[r] * solved[r];
  }
  return normalisation_ *
         std::pow(1 + square / degrees, -0.5 * (degrees + static_cast<double>(axis_.size())));
}

void Cloud::decompose() {
  const double d = static_cast<double>(axis_.size());
  normalisation_ =
      std::tgamma(0.5 * (degrees + d)) / std::tgamma(0.5 * degrees) / std::pow(degrees * units::pi, 0.5 * d);
  for (std::size_t r = 0; r < axis_.size(); ++r) {
    for (std::size_t c = 0; c <= r; ++c) {
      double value = factor_[r][c];
      for (std::size_t k = 0; k < c; ++k) value -= factor_[r][k] * factor_[c][k];
      factor_[r][c] = r == c ? std::sqrt(value) : value / factor_[c][c];
    }
    normalisation_ /= factor_[r][r];
  }
}

}  // namespace arcproof::sed::posterior

#include "validation/correction/spline.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::validation {
namespace {

constexpr std::size_t degree = 3;
constexpr double tail = 0.005;

}  // namespace

Spline::Spline(std::span<const double> values, int pieces) {
  std::vector<double> sorted;
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted),
               [](double v) { return std::isfinite(v); });
  if (sorted.empty()) return;
  std::sort(sorted.begin(), sorted.end());
  const auto quantile = [&](double q) {
    const double at = q * static_cast<double>(sorted.size() - 1);
    const auto low = static_cast<std::size_t>(at);
    const std::size_t high = std::min(low + 1, sorted.size() - 1);
    return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
  };
  middle_ = quantile(0.5);
  std::vector<double> inner;
  for (int k = 0; k <= pieces; ++k) {
    const double knot = quantile(tail + (1 - 2 * tail) * k / pieces);
    if (inner.empty() || knot > inner.back() + 1e-9 * (1 + std::abs(knot))) inner.push_back(knot);
  }
  if (inner.size() < 2) inner = {middle_ - 0.5, middle_ + 0.5};
  knots_.assign(degree, inner.front());
  knots_.insert(knots_.end(), inner.begin(), inner.end());
  knots_.insert(knots_.end(), degree, inner.back());
}

Eigen::Index Spline::size() const {
  return knots_.empty() ? 0 : static_cast<Eigen::Index>(knots_.size() - degree - 1);
}

void Spline::put(double x, Eigen::Ref<Eigen::VectorXd> into) const {
  into.setZero();
  if (knots_.empty()) return;
  x = std::clamp(std::isfinite(x) ? x : middle_, knots_.front(), knots_.back());
  const auto last_piece = static_cast<std::size_t>(knots_.size() - degree - 2);
  auto piece = static_cast<std::size_t>(std::upper_bound(knots_.begin() + degree, knots_.end() - degree, x) -
                                        knots_.begin() - 1);
  piece = std::min(piece, last_piece);
  // Cox-de Boor, the functions that are not 0 on this piece.
  std::array<double, degree + 1> value{1};
  for (std::size_t d = 1; d <= degree; ++d) {
    double carry = 0;
    for (std::size_t k = 0; k < d; ++k) {
      const double right = knots_[piece + k + 1], left = knots_[piece + 1 + k - d];
      const double part = value[k] / (right - left);
      value[k] = carry + (right - x) * part;
      carry = (x - left) * part;
    }
    value[d] = carry;
  }
  for (std::size_t k = 0; k <= degree; ++k) into[static_cast<Eigen::Index>(piece - degree + k)] = value[k];
}

Eigen::MatrixXd Spline::roughness() const {
  const Eigen::Index n = size();
  if (n < 3) return Eigen::MatrixXd::Zero(n, n);
  Eigen::MatrixXd differences = Eigen::MatrixXd::Zero(n - 2, n);
  for (Eigen::Index i = 0; i < n - 2; ++i) {
    differences(i, i) = 1;
    differences(i, i + 1) = -2;
    differences(i, i + 2) = 1;
  }
  return differences.transpose() * differences;
}

}  // namespace arcproof::validation

#include "engine/photometry/position_fit.h"

#include "engine/core/error.h"
#include "engine/photometry/convolution/gram.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::photometry {
namespace {

constexpr int plane_count = 6;
// An expansion is still good enough half again beyond its reach to tell the way.
constexpr double far_pix = 1.5 * PositionExpansion::reach;
constexpr double grid_step_pix = 2 * PositionExpansion::reach;
constexpr int most_expansions = 8;

double product(const double* a, const double* b, int length) {
  double product = 0;
  inner_products(&a, 1, b, length, &product);
  return product;
}

}  // namespace

PositionFit::PositionFit(const Cutout& cutout, const PsfTransform& psf, const ComponentStart& typical,
                         bool plane, double max_shift_pix, double tolerance_chi2)
    : psf_(psf),
      typical_(typical),
      max_shift_pix_(max_shift_pix),
      tolerance_chi2_(tolerance_chi2),
      background_terms_(plane ? 3 : 1),
      images_(cutout.size) {
  const int n = cutout.size, stride = images_.stride();
  weight_.assign(stride, 0.0);
  std::copy(cutout.weight.begin(), cutout.weight.end(), weight_.begin());
  data_.assign(stride, 0.0);
  background_.assign(static_cast<std::size_t>(background_terms_) * stride, 0.0);
  // Gram-Schmidt; a slope that the valid pixels cannot tell from the terms before it is left out.
  int kept = 0;
  for (int term = 0; term < background_terms_; ++term) {
    double* column = background_.data() + static_cast<std::size_t>(kept) * stride;
    for (int i = 0; i < n * n; ++i)
      column[i] = weight_[i] * (term == 0 ? 1.0 : term == 1 ? i % n - n / 2 : i / n - n / 2);
    const double before = product(column, column, stride);
    for (int twice = 0; twice < 2; ++twice)
      for (int k = 0; k < kept; ++k) {
        const double* other = background_.data() + static_cast<std::size_t>(k) * stride;
        const double along = product(column, other, stride);
        for (int i = 0; i < stride; ++i) column[i] -= along * other[i];
      }
    const double square = product(column, column, stride);
    if (!(square > 1e-12 * before)) continue;
    for (int i = 0; i < stride; ++i) column[i] /= std::sqrt(square);
    ++kept;
  }
  background_terms_ = kept;
}

PositionFit::Expansion PositionFit::expand(double x, double y, const Covariance& shape) {
  const int stride = images_.stride();
  images_.evaluate(psf_, x, y, shape, Derivatives::all);
  Expansion expansion;
  expansion.planes.resize(static_cast<std::size_t>(plane_count) * stride);
  std::array<const double*, plane_count + 3> columns{};
  for (int p = 0; p < plane_count; ++p) {
    double* to = expansion.planes.data() + static_cast<std::size_t>(p) * stride;
    const double* from = images_.plane(p);
    for (int i = 0; i < stride; ++i) to[i] = from[i] * weight_[i];
    columns[p] = to;
  }
  for (int b = 0; b < background_terms_; ++b)
    columns[plane_count + b] = background_.data() + static_cast<std::size_t>(b) * stride;
  const int count = plane_count + background_terms_;
  std::array<double, (plane_count + 3) * (plane_count + 3)> products{};
  gram_matrix(columns.data(), count, stride, products.data());
  for (int p = 0; p < plane_count; ++p)
    for (int q = 0; q < plane_count; ++q) {
      double sum = products[p * count + q];
      for (int b = plane_count; b < count; ++b) sum -= products[p * count + b] * products[q * count + b];
      expansion.gram(p, q) = sum;
    }
  return expansion;
}

// The data's background is out already: the planes' own does not matter to their products.
PositionExpansion PositionFit::with_data(const Expansion& expansion, double x, double y,
                                         const Bounds& bounds) const {
  const int stride = images_.stride();
  std::array<const double*, plane_count> columns{};
  for (int p = 0; p < plane_count; ++p)
    columns[p] = expansion.planes.data() + static_cast<std::size_t>(p) * stride;
  PositionExpansion result;
  result.gram = expansion.gram;
  inner_products(columns.data(), plane_count, data_.data(), stride, result.data.data());
  result.low_x = std::max(-far_pix, bounds.low_x - x);
  result.high_x = std::min(far_pix, bounds.high_x - x);
  result.low_y = std::max(-far_pix, bounds.low_y - y);
  result.high_y = std::min(far_pix, bounds.high_y - y);
  return result;
}

// From node to node of the grid, as long as the way leads out of a node's reach.
void PositionFit::foresee(const Bounds& bounds, double& x, double& y) {
  const Bounds open{-HUGE_VAL, HUGE_VAL, -HUGE_VAL, HUGE_VAL};
  std::pair<int, int> node{static_cast<int>(std::lround((x - typical_.x) / grid_step_pix)),
                           static_cast<int>(std::lround((y - typical_.y) / grid_step_pix))};
  const int last = static_cast<int>(std::ceil(max_shift_pix_ / grid_step_pix)) + 1;
  for (int round = 0; round < most_expansions; ++round) {
    if (std::abs(node.first) > last || std::abs(node.second) > last) return;
    const double node_x = typical_.x + node.first * grid_step_pix;
    const double node_y = typical_.y + node.second * grid_step_pix;
    auto found = grid_.find(node);
    if (found == grid_.end()) found = grid_.emplace(node, expand(node_x, node_y, typical_.shape)).first;
    const ExpandedFit fit = fit_position(with_data(found->second, node_x, node_y, open), tolerance_chi2_);
    if (!fit.solvable) return;
    x = std::clamp(node_x + fit.dx, bounds.low_x, bounds.high_x);
    y = std::clamp(node_y + fit.dy, bounds.low_y, bounds.high_y);
    const std::pair<int, int> next{static_cast<int>(std::lround((x - typical_.x) / grid_step_pix)),
                                   static_cast<int>(std::lround((y - typical_.y) / grid_step_pix))};
    if (next == node) return;
    node = next;
  }
}

PositionFitResult PositionFit::fit(std::span<const double> flux, const ComponentStart& start) {
  require(flux.size() <= weight_.size() && weight_.size() - flux.size() < 8,
          "PositionFit::fit: the data have the cutout's shape");
  const int stride = images_.stride();
  for (std::size_t i = 0; i < flux.size(); ++i) data_[i] = flux[i] * weight_[i];
  for (int b = 0; b < background_terms_; ++b) {
    const double* column = background_.data() + static_cast<std::size_t>(b) * stride;
    const double along = product(data_.data(), column, stride);
    for (int i = 0; i < stride; ++i) data_[i] -= along * column[i];
  }
  const Bounds bounds{start.x - max_shift_pix_, start.x + max_shift_pix_, start.y - max_shift_pix_,
                      start.y + max_shift_pix_};
  PositionFitResult result;
  result.x = start.x;
  result.y = start.y;
  foresee(bounds, result.x, result.y);
  const double without = product(data_.data(), data_.data(), stride);
  while (result.images < most_expansions && !result.converged) {
    const Expansion expansion = expand(result.x, result.y, start.shape);
    ++result.images;
    const ExpandedFit fit = fit_position(with_data(expansion, result.x, result.y, bounds), tolerance_chi2_);
    result.solvable = fit.solvable;
    if (!fit.solvable) return result;
    result.flux = fit.flux;
    result.x += fit.dx;
    result.y += fit.dy;
    result.chi2 = std::max(0.0, without - fit.gain);
    result.converged = std::max(std::abs(fit.dx), std::abs(fit.dy)) <= PositionExpansion::reach;
  }
  return result;
}

}  // namespace arcproof::photometry

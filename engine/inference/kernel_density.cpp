#include "engine/inference/kernel_density.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

namespace arcproof::inference {
namespace {

constexpr int cells = 1024;

// Each draw is shared between the two nearest cells, so that the first moment of the sample is kept.
std::vector<double> share_out(std::span<const double> x, double low, double step) {
  std::vector<double> weight(cells, 0.0);
  for (const double v : x) {
    const double position = (v - low) / step;
    const int cell = std::min(static_cast<int>(position), cells - 2);
    weight[cell] += 1 - (position - cell);
    weight[cell + 1] += position - cell;
  }
  return weight;
}

std::vector<double> smooth(const std::vector<double>& weight, double bandwidth_in_cells) {
  const int reach = std::min(cells - 1, static_cast<int>(std::ceil(6 * bandwidth_in_cells)));
  std::vector<double> kernel(reach + 1);
  for (int i = 0; i <= reach; ++i)
    kernel[i] = std::exp(-0.5 * (i / bandwidth_in_cells) * (i / bandwidth_in_cells));
  std::vector<double> density(cells, 0.0);
  for (int at = 0; at < cells; ++at)
    for (int from = std::max(0, at - reach); from <= std::min(cells - 1, at + reach); ++from)
      density[at] += weight[from] * kernel[std::abs(at - from)];
  return density;
}

// Vertex of the parabola through the highest cell and its neighbours, in cells.
double vertex(const std::vector<double>& density) {
  const auto best = std::max_element(density.begin(), density.end()) - density.begin();
  if (best == 0 || best + 1 == std::ssize(density)) return static_cast<double>(best);
  const double curvature = density[best - 1] - 2 * density[best] + density[best + 1];
  const double shift = curvature < 0 ? 0.5 * (density[best - 1] - density[best + 1]) / curvature : 0.0;
  return static_cast<double>(best) + shift;
}

double scotts_bandwidth(std::span<const double> x) {
  return statistics::standard_deviation(x) * std::pow(static_cast<double>(x.size()), -0.2);
}

}  // namespace

double binned_kde_mode(std::span<const double> x) {
  if (x.empty()) return nan;
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  if (*low == *high) return *low;
  const double bandwidth = scotts_bandwidth(x), step = (*high - *low) / (cells - 1);
  return *low + step * vertex(smooth(share_out(x, *low, step), bandwidth / step));
}

double kde_mode(std::span<const double> x) {
  if (x.empty() || std::any_of(x.begin(), x.end(), [](double v) { return std::isnan(v); })) return nan;
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  if (*low == *high) return *low;
  constexpr int points = 512;
  const double bandwidth = scotts_bandwidth(x), step = (*high - *low) / (points - 1);
  std::vector<double> density(points, 0.0);
  for (int i = 0; i < points; ++i) {
    const double at = *low + i * step;
    for (const double v : x) density[i] += std::exp(-0.5 * (at - v) * (at - v) / (bandwidth * bandwidth));
  }
  return *low + vertex(density) * step;
}

}  // namespace arcproof::inference

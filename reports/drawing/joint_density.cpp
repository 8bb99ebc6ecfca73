#include "reports/drawing/joint_density.h"

#include "engine/core/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace arcproof::reports {
namespace {

constexpr int cells = JointDensity::cells;

struct CellAxis {
  double low, step, width;  // centre of the first cell; Scott's width, in cells
  int cell(double value) const {
    return std::clamp(static_cast<int>(std::lround((value - low) / step)), 0, cells - 1);
  }
};

CellAxis axis_of(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double step = (*high - *low) / (cells - 1);
  const double scott =
      statistics::standard_deviation(values) * std::pow(static_cast<double>(values.size()), -1.0 / 6);
  return {*low, step, std::max(0.5, scott / step)};
}

int mirrored(int cell) {
  if (cell < 0) cell = -cell - 1;
  if (cell >= cells) cell = 2 * cells - 1 - cell;
  return std::clamp(cell, 0, cells - 1);
}

// Each cell's share goes to its neighbours in x, or in y; what would leave is mirrored.
std::vector<double> smoothed(const std::vector<double>& density, double width, bool along_x) {
  const int reach = std::min(cells - 1, static_cast<int>(4 * width) + 1);
  std::vector<double> kernel;
  double norm = 0;
  for (int d = -reach; d <= reach; ++d) norm += kernel.emplace_back(std::exp(-0.5 * d * d / (width * width)));
  const auto place = [&](int c, int other) {
    return along_x ? JointDensity::cell(c, other) : JointDensity::cell(other, c);
  };
  std::vector<double> out(density.size(), 0.0);
  for (int other = 0; other < cells; ++other)
    for (int c = 0; c < cells; ++c)
      for (int k = 0; k <= 2 * reach; ++k)
        out[place(mirrored(c + k - reach), other)] +=
            density[place(c, other)] * kernel[static_cast<std::size_t>(k)] / norm;
  return out;
}

}  // namespace

JointDensity joint_density(const std::vector<double>& x, const std::vector<double>& y) {
  JointDensity joint;
  if (x.size() < 2 || x.size() != y.size()) return joint;
  const CellAxis ax = axis_of(x), ay = axis_of(y);
  if (!(ax.step > 0) || !(ay.step > 0)) return joint;
  joint.x_low = ax.low;
  joint.x_step = ax.step;
  joint.y_low = ay.low;
  joint.y_step = ay.step;
  joint.drawn.assign(std::size_t{cells} * std::size_t{cells}, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i)
    joint.drawn[JointDensity::cell(ax.cell(x[i]), ay.cell(y[i]))] += 1 / static_cast<double>(x.size());
  joint.density = smoothed(smoothed(joint.drawn, ax.width, true), ay.width, false);
  return joint;
}

double JointDensity::level(double share) const {
  std::vector<std::size_t> order(density.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return density[a] > density[b]; });
  double sum = 0;
  for (const std::size_t cell : order) {
    sum += drawn[cell];
    if (sum >= share) return density[cell];
  }
  return 0;
}

}  // namespace arcproof::reports

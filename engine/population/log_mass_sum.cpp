#include "engine/population/log_mass_sum.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>

namespace arcproof::population {
namespace {

constexpr double steepest = 0.25;  // |d ln p/dl| h

template <int power>
double raised(double x) {
  return power == 1 ? x : x * x;
}

// Cubic Lagrange weights of the nodes -1, 0, 1, 2 at t in [0, 1].
std::array<double, 4> lagrange(double t) {
  return {-t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -(t + 1) * t * (t - 2) / 2,
          (t + 1) * t * (t - 1) / 6};
}

// Four partial sums, in a fixed order: one running sum would wait for each addition.
double dot(const double* a, const double* b, std::size_t count) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < count; ++i) s0 += a[i] * b[i];
  return (s0 + s1) + (s2 + s3);
}

double dot_squares(const double* a, const double* b, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += a[i] * b[i] * b[i];
  return sum;
}

// The least |d ln p/dl| between two masses: p is log-concave, so its slope falls from one to the other.
double least_slope(const LogMassDensity& p, double from, double to) {
  const double first = p.slope(from), last = p.slope(to);
  return first > 0 && last < 0 ? 0.0 : std::min(std::abs(first), std::abs(last));
}

}  // namespace

int LogMassGrid::cell_of(double log_mass) const {
  return std::clamp(static_cast<int>(std::floor((log_mass - low) / step)), 0, cells - 1);
}

LogMassGrid log_mass_grid(double low, double high, double step) {
  require(step > 0 && high >= low, "log_mass_grid: low <= high, step > 0");
  return {low, step, static_cast<int>((high - low) / step) + 1};
}

// 10^u at the nodes is the product of a coarse and a fine power: few calls of pow, one rounding more.
GriddedDensity::GriddedDensity(const LogMassGrid& grid, const LogMassDensity& p)
    : density(p), value(grid.cells + 3) {
  constexpr int block = 16;
  std::array<double, block> fine{};
  for (int i = 0; i < block; ++i) fine[i] = std::pow(10.0, i * grid.step);
  double coarse = 0;
  for (int n = 0; n < grid.cells + 3; ++n) {
    const double u = grid.node(n) - p.low;
    if (p.x > 0 && n % block == 0) coarse = p.x * std::pow(10.0, u);
    value[n] = std::exp(p.c0 + u * (p.c1 + u * p.c2) - coarse * fine[n % block]);
  }
}

LogMassSum::LogMassSum(const LogMassGrid& grid, std::vector<WeightedMass> terms)
    : grid_(grid), terms_(std::move(terms)) {
  const double top = grid.low + grid.cells * grid.step;
  for (const WeightedMass& t : terms_)
    require(t.log_mass_msun >= grid.low && t.log_mass_msun <= top && t.weight >= 0 && std::isfinite(t.weight),
            "LogMassSum: masses lie on the grid, weights are not negative");
  std::stable_sort(terms_.begin(), terms_.end(), [](const WeightedMass& a, const WeightedMass& b) {
    return a.log_mass_msun < b.log_mass_msun;
  });
  if (terms_.empty()) return;
  first_cell_ = grid.cell_of(terms_.front().log_mass_msun);
  const int cells = grid.cell_of(terms_.back().log_mass_msun) - first_cell_ + 1;
  cell_start_.assign(cells + 1, 0);
  for (const WeightedMass& t : terms_) ++cell_start_[grid.cell_of(t.log_mass_msun) - first_cell_ + 1];
  for (int c = 0; c < cells; ++c) cell_start_[c + 1] += cell_start_[c];
  linear_ = share_out(1);
  square_ = share_out(2);
}

LogMassSum::Shares LogMassSum::share_out(int power) const {
  const std::size_t cells = cell_start_.size() - 1;
  Shares shares{std::vector<double>(cells + 3, 0.0), std::vector<Stencil>(cells, Stencil{})};
  for (std::size_t c = 0; c < cells; ++c) {
    const double left = grid_.node(first_cell_ + static_cast<int>(c) + 1);
    for (std::size_t k = cell_start_[c]; k < cell_start_[c + 1]; ++k) {
      const Stencil share = lagrange((terms_[k].log_mass_msun - left) / grid_.step);
      const double weight = power == 1 ? terms_[k].weight : raised<2>(terms_[k].weight);
      for (int i = 0; i < 4; ++i) shares.cell[c][i] += weight * share[i];
    }
    for (int i = 0; i < 4; ++i) shares.node[c + i] += shares.cell[c][i];
  }
  return shares;
}

template <int power>
double LogMassSum::direct(const LogMassDensity& p, std::size_t first) const {
  double sum = 0;
  for (std::size_t k = first; k < terms_.size() && terms_[k].log_mass_msun <= p.high; ++k)
    sum += raised<power>(terms_[k].weight * p(terms_[k].log_mass_msun));
  return sum;
}

template <int power>
double LogMassSum::evaluate(const GriddedDensity& p, const Shares& shares) const {
  if (terms_.empty()) return 0;
  const double lowest = terms_.front().log_mass_msun, highest = terms_.back().log_mass_msun;
  if (p.density.high < lowest) return 0;
  if (power * grid_.step * least_slope(p.density, lowest, std::min(highest, p.density.high)) > steepest)
    return direct<power>(p.density, 0);
  const double* value = p.value.data() + first_cell_;
  if (p.density.high >= highest)
    return power == 1 ? dot(shares.node.data(), value, shares.node.size())
                      : dot_squares(shares.node.data(), value, shares.node.size());
  const int edge = grid_.cell_of(p.density.high) - first_cell_;
  double sum = 0;
  for (int c = 0; c < edge; ++c)
    for (int i = 0; i < 4; ++i) sum += shares.cell[c][i] * raised<power>(value[c + i]);
  return sum + direct<power>(p.density, cell_start_[edge]);
}

double LogMassSum::sum(const GriddedDensity& p) const { return evaluate<1>(p, linear_); }
double LogMassSum::sum_of_squares(const GriddedDensity& p) const { return evaluate<2>(p, square_); }
double LogMassSum::direct_sum(const LogMassDensity& p) const { return direct<1>(p, 0); }
double LogMassSum::direct_sum_of_squares(const LogMassDensity& p) const { return direct<2>(p, 0); }

}  // namespace arcproof::population

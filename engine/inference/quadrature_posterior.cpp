#include "engine/inference/quadrature_posterior.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace arcproof::inference {
namespace {

// ln p over a uniform grid of one or two axes.
struct Table {
  std::vector<Bounds> region;
  int nodes = 0;
  std::vector<double> log_density;
  double maximum = -std::numeric_limits<double>::infinity();

  double at(int axis, int index) const {
    const Bounds& b = region[axis];
    return index == nodes - 1 ? b.high : b.low + (b.high - b.low) * index / (nodes - 1);
  }
  int index(int axis, std::size_t element) const {
    const int first = region.size() == 1 ? static_cast<int>(element) : static_cast<int>(element / nodes);
    return axis == 0 ? first : static_cast<int>(element % nodes);
  }
};

Table tabulate(const LogDensity& log_density, std::span<const Bounds> region, int nodes) {
  Table table{{region.begin(), region.end()}, nodes, {}};
  const std::size_t elements = region.size() == 1 ? nodes : static_cast<std::size_t>(nodes) * nodes;
  std::vector<double> theta(region.size());
  for (std::size_t e = 0; e < elements; ++e) {
    for (std::size_t a = 0; a < region.size(); ++a) theta[a] = table.at(a, table.index(a, e));
    table.log_density.push_back(log_density(theta));
    require(table.log_density.back() < std::numeric_limits<double>::infinity(),
            "QuadraturePosterior: the log density is a number or -infinity");
    table.maximum = std::max(table.maximum, table.log_density.back());
  }
  return table;
}

// The part of a table within `depth` of its maximum, widened by a node; by more where so few nodes are within
// that the table does not resolve the peak: the true maximum may then lie some nodes aside.
std::vector<Bounds> within_depth(const Table& table, double depth) {
  constexpr int resolved = 5;
  std::vector<Bounds> region;
  for (std::size_t a = 0; a < table.region.size(); ++a) {
    int first = table.nodes - 1, last = 0;
    for (std::size_t e = 0; e < table.log_density.size(); ++e) {
      if (table.log_density[e] < table.maximum - depth) continue;
      first = std::min(first, table.index(a, e));
      last = std::max(last, table.index(a, e));
    }
    const int margin = last - first < resolved ? std::max(1, table.nodes / 6) : 1;
    region.push_back(
        {table.at(a, std::max(0, first - margin)), table.at(a, std::min(table.nodes - 1, last + margin))});
  }
  return region;
}

bool still_shrinks(std::span<const Bounds> before, std::span<const Bounds> after) {
  for (std::size_t a = 0; a < before.size(); ++a)
    if (after[a].high - after[a].low < 0.6 * (before[a].high - before[a].low)) return true;
  return false;
}

// Integrals of f over each interval between nodes, in steps: the cubic through the four nearest nodes.
std::vector<double> interval_integrals(std::span<const double> f) {
  const std::size_t last = f.size() - 1;
  std::vector<double> part(last);
  for (std::size_t i = 1; i + 1 < last; ++i) part[i] = (13 * (f[i] + f[i + 1]) - f[i - 1] - f[i + 2]) / 24;
  part[0] = (9 * f[0] + 19 * f[1] - 5 * f[2] + f[3]) / 24;
  part[last - 1] = (9 * f[last] + 19 * f[last - 1] - 5 * f[last - 2] + f[last - 3]) / 24;
  return part;
}

// The weights of the nodes that the same rule gives their sum: 9/24, 28/24, 23/24 (as 3/8, 7/6, 23/24), 1,
// ...
std::vector<double> weights(int nodes) {
  std::vector<double> w(nodes);
  std::vector<double> unit(nodes, 0.0);
  for (int i = 0; i < nodes; ++i) {
    unit[i] = 1;
    for (const double part : interval_integrals(unit)) w[i] += part;
    unit[i] = 0;
  }
  return w;
}

// Cubic with value and slope given at both ends of [0, 1].
double hermite(double f0, double d0, double f1, double d1, double t) {
  return f0 + t * (d0 + t * (3 * (f1 - f0) - 2 * d0 - d1 + t * (2 * (f0 - f1) + d0 + d1)));
}

}  // namespace

QuadraturePosterior::QuadraturePosterior(const LogDensity& log_density, std::span<const Bounds> box,
                                         const QuadratureOptions& options) {
  require(box.size() == 1 || box.size() == 2, "QuadraturePosterior: one or two parameters");
  require(options.scan >= 5 && options.nodes >= 5 && options.depth > 0,
          "QuadraturePosterior: at least 5 nodes");
  // Prior bounds are open: their ends are evaluated a hair inside.
  std::vector<Bounds> region;
  for (const Bounds& b : box)
    region.push_back({b.low + 1e-12 * (b.high - b.low), b.high - 1e-12 * (b.high - b.low)});
  for (bool shrinks = true; shrinks;) {
    const Table scan = tabulate(log_density, region, options.scan);
    require(std::isfinite(scan.maximum), "QuadraturePosterior: the density is not zero everywhere");
    const std::vector<Bounds> next = within_depth(scan, options.depth);
    shrinks = still_shrinks(region, next);
    region = next;
  }
  integrate(log_density, region, options.nodes);
}

void QuadraturePosterior::integrate(const LogDensity& log_density, std::span<const Bounds> region,
                                    int nodes) {
  const Table table = tabulate(log_density, region, nodes);
  const std::vector<double> w = weights(nodes);
  double sum = 0, cell = 1;
  for (const Bounds& b : region) {
    const double step = (b.high - b.low) / (nodes - 1);
    marginals_.push_back({b.low, step, std::vector<double>(nodes, 0.0), {}});
    cell *= step;
  }
  for (std::size_t e = 0; e < table.log_density.size(); ++e) {
    double p = std::exp(table.log_density[e] - table.maximum);
    for (std::size_t a = 0; a < region.size(); ++a) p *= w[table.index(a, e)];
    probability_.push_back(p);
    sum += p;
  }
  log_evidence_ = table.maximum + std::log(sum * cell);
  for (std::size_t e = 0; e < probability_.size(); ++e) {
    probability_[e] /= sum;
    for (std::size_t a = 0; a < region.size(); ++a)
      marginals_[a].density[table.index(a, e)] += probability_[e];
  }
  for (Marginal& m : marginals_) {
    for (int i = 0; i < nodes; ++i) m.density[i] /= w[i] * m.step;
    m.cumulative = {0.0};
    for (const double part : interval_integrals(m.density))
      m.cumulative.push_back(m.cumulative.back() + part * m.step);
  }
}

std::vector<double> QuadraturePosterior::point(std::size_t element) const {
  const std::size_t nodes = marginals_[0].density.size();
  if (dimensions() == 1) return {node(0, static_cast<int>(element))};
  return {node(0, static_cast<int>(element / nodes)), node(1, static_cast<int>(element % nodes))};
}

double QuadraturePosterior::node(int parameter, int index) const {
  return marginals_[parameter].low + marginals_[parameter].step * index;
}

double QuadraturePosterior::mean(int parameter) const {
  double sum = 0;
  for (std::size_t e = 0; e < probability_.size(); ++e) sum += probability_[e] * point(e)[parameter];
  return sum;
}

double QuadraturePosterior::covariance(int a, int b) const {
  const double mean_a = mean(a), mean_b = mean(b);
  double sum = 0;
  for (std::size_t e = 0; e < probability_.size(); ++e) {
    const std::vector<double> at = point(e);
    sum += probability_[e] * (at[a] - mean_a) * (at[b] - mean_b);
  }
  return sum;
}

double QuadraturePosterior::cumulative(int parameter, double value) const {
  const Marginal& m = marginals_[parameter];
  const double position = (value - m.low) / m.step;
  const int last = static_cast<int>(m.density.size()) - 1;
  if (position <= 0) return 0;
  if (position >= last) return 1;
  const int i = static_cast<int>(position);
  return std::clamp(hermite(m.cumulative[i], m.density[i] * m.step, m.cumulative[i + 1],
                            m.density[i + 1] * m.step, position - i),
                    0.0, 1.0);
}

double QuadraturePosterior::quantile(int parameter, double p) const {
  require(p > 0 && p < 1, "QuadraturePosterior::quantile: 0 < p < 1");
  const Marginal& m = marginals_[parameter];
  double low = m.low, high = m.low + m.step * static_cast<double>(m.density.size() - 1);
  while (high - low > 1e-12 * (1 + std::abs(low))) {
    const double middle = 0.5 * (low + high);
    (cumulative(parameter, middle) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace arcproof::inference

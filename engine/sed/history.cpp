#include "engine/core/error.h"
#include "engine/sed/synthesis.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace arcproof::sed {
namespace {

/// Left neighbour in an increasing grid and the weight of the right one, by logarithms; held at the ends.
struct Bracket {
  std::size_t left;
  double right_weight;
};
Bracket bracket(const std::vector<double>& grid, double at) {
  if (grid.size() < 2 || at <= grid.front()) return {0, 0};
  if (at >= grid.back()) return {grid.size() - 2, 1};
  const auto right = std::upper_bound(grid.begin(), grid.end(), at);
  const std::size_t left = static_cast<std::size_t>(right - grid.begin()) - 1;
  return {left, std::log(at / grid[left]) / std::log(grid[left + 1] / grid[left])};
}

/// Mean weight of every age node for stars with ages spread evenly over [young, old].
class AgeWeights {
 public:
  explicit AgeWeights(const std::vector<double>& nodes) : nodes_(nodes), weight_(nodes.size(), 0.0) {}

  void add_burst(double age) {
    const Bracket place = bracket(nodes_, age);
    weight_[place.left] += 1 - place.right_weight;
    if (place.right_weight > 0) weight_[place.left + 1] += place.right_weight;
  }

  void add_constant(double young, double old) {
    const double total = old - young;
    add_flat(0, std::min(old, nodes_.front()) - young, total);
    for (std::size_t i = 0; i + 1 < nodes_.size(); ++i)
      add_piece(i, std::max(young, nodes_[i]), std::min(old, nodes_[i + 1]), total);
    add_flat(nodes_.size() - 1, old - std::max(young, nodes_.back()), total);
  }

  const std::vector<double>& weight() const { return weight_; }

 private:
  void add_flat(std::size_t node, double span, double total) {
    if (span > 0) weight_[node] += span / total;
  }

  /// int_from^to ln(t / t_i) dt / ln(t_(i+1) / t_i) = [t (ln(t / t_i) - 1)] / ln(t_(i+1) / t_i) goes to the
  /// right node.
  void add_piece(std::size_t i, double from, double to, double total) {
    if (to <= from) return;
    const auto primitive = [&](double t) { return t * (std::log(t / nodes_[i]) - 1); };
    const double right =
        std::clamp((primitive(to) - primitive(from)) / std::log(nodes_[i + 1] / nodes_[i]), 0.0, to - from);
    weight_[i] += (to - from - right) / total;
    weight_[i + 1] += right / total;
  }

  const std::vector<double>& nodes_;
  std::vector<double> weight_;
};

AgeWeights age_weights(const Library& library, const Population& population) {
  AgeWeights weights(library.age_myr);
  const double forming = std::min(population.history.duration_myr, population.age_myr);
  // Below a millionth of the age, differences of the primitive would lose their digits; it is a burst there.
  if (forming < 1e-6 * population.age_myr) weights.add_burst(population.age_myr);
  else weights.add_constant(population.age_myr - forming, population.age_myr);
  return weights;
}

}  // namespace

std::vector<NodeWeight> node_weights(const Library& library, const Population& population) {
  require(population.age_myr > 0, "Population: age > 0");
  require(population.metallicity > 0, "Population: metallicity > 0");
  require(population.history.duration_myr >= 0, "Population: duration >= 0");
  require(!library.age_myr.empty() && !library.metallicity.empty(), "Library: has ages and metallicities");
  const AgeWeights ages = age_weights(library, population);
  const Bracket z = bracket(library.metallicity, population.metallicity);
  std::vector<NodeWeight> nodes;
  for (const auto& [index, part] :
       {std::pair(z.left, 1 - z.right_weight), std::pair(z.left + 1, z.right_weight)})
    for (std::size_t age = 0; part > 0 && age < ages.weight().size(); ++age)
      if (ages.weight()[age] > 0) nodes.push_back({index, age, part * ages.weight()[age]});
  return nodes;
}

double surviving_fraction(const Library& library, const Population& population) {
  if (library.surviving_mass.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const NodeWeight& node : node_weights(library, population))
    sum += node.weight * library.surviving_mass[node.metallicity * library.age_myr.size() + node.age];
  return sum;
}

}  // namespace arcproof::sed

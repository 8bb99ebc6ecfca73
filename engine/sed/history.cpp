#include "engine/sed/history.h"

#include "engine/core/error.h"
#include "engine/core/interpolate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/math/quadrature/gauss.hpp>

namespace arcproof::sed {
namespace {

void check(const StarFormation& history) {
  require(history.duration_myr >= 0, "StarFormation: duration >= 0");
  require(history.form == HistoryForm::constant || history.tau_myr > 0, "StarFormation: tau > 0");
}

/// int_0^x of the rate over tau, x = s / tau: 1 - e^-x, and 1 - (1 + x) e^-x for x e^-x. The latter by its
/// series where it would lose digits.
double formed(HistoryForm form, double x) {
  if (form == HistoryForm::exponential) return -std::expm1(-x);
  if (x < 1e-2) return x * x * (0.5 - x * (1.0 / 3 - x * (0.125 - x * (1.0 / 30 - x / 144))));
  return -std::expm1(-x) - x * std::exp(-x);
}

/// Mean weight of every age node for stars with ages spread evenly over [young, old].
class AgeWeights {
 public:
  explicit AgeWeights(const std::vector<double>& nodes) : nodes_(nodes), weight_(nodes.size(), 0.0) {}

  void add_burst(double age) {
    const Bracket at = held_log_bracket(nodes_, age);
    weight_[at.left] += 1 - at.part;
    if (at.part > 0) weight_[at.right] += at.part;
  }

  void add_constant(double young, double old) {
    const double total = old - young;
    add_flat(0, std::min(old, nodes_.front()) - young, total);
    for (std::size_t i = 0; i + 1 < nodes_.size(); ++i)
      add_piece(i, std::max(young, nodes_[i]), std::min(old, nodes_[i + 1]), total);
    add_flat(nodes_.size() - 1, old - std::max(young, nodes_.back()), total);
  }

  /// Stars formed at a rate that varies with the time since the start, `age` ago.
  void add_varying(const StarFormation& history, double age) {
    const auto share = [&](double young, double old) {
      return formed_fraction(history, age, age - young) - formed_fraction(history, age, age - old);
    };
    weight_.front() += share(0, std::min(age, nodes_.front()));
    for (std::size_t i = 0; i + 1 < nodes_.size() && nodes_[i] < age; ++i) {
      const double old = std::min(age, nodes_[i + 1]), mass = share(nodes_[i], old);
      const double right = std::clamp(
          log_moment(history, age, nodes_[i], old) / std::log(nodes_[i + 1] / nodes_[i]), 0.0, mass);
      weight_[i] += mass - right;
      weight_[i + 1] += right;
    }
    if (age > nodes_.back()) weight_.back() += share(nodes_.back(), age);
  }

  const std::vector<double>& weight() const { return weight_; }

 private:
  /// int_young^old ln(t / young) dF, dF the mass formed `t` ago. By parts, with G the mass of stars older
  /// than t: int_young^old (G(t) - G(old)) dt / t. Gauss-Legendre over panels no longer than tau, in ln t;
  /// what formed more than 45 tau after the start is beyond the digits.
  static double log_moment(const StarFormation& history, double age, double young, double old) {
    const auto older = [&](double t) { return formed_fraction(history, age, age - t); };
    const double beyond = older(old);
    constexpr double digits = 45;
    double to = old, sum = 0;
    const double flat = std::max(young, age - digits * history.tau_myr);
    while (to > flat) {
      const double from = std::max({flat, to - history.tau_myr, 0.5 * to});
      sum += boost::math::quadrature::gauss<double, 10>::integrate(
          [&](double x) { return older(std::exp(x)) - beyond; }, std::log(from), std::log(to));
      to = from;
    }
    if (flat > young && old > flat) sum += std::log(flat / young) * (older(flat) - beyond);
    return sum;
  }

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
  if (population.history.form != HistoryForm::constant) {
    weights.add_varying(population.history, population.age_myr);
    return weights;
  }
  const double forming = std::min(population.history.duration_myr, population.age_myr);
  // Below a millionth of the age, differences of the primitive would lose their digits; it is a burst there.
  if (forming < 1e-6 * population.age_myr) weights.add_burst(population.age_myr);
  else weights.add_constant(population.age_myr - forming, population.age_myr);
  return weights;
}

}  // namespace

double formed_fraction(const StarFormation& history, double age_myr, double since_start_myr) {
  const double since = std::clamp(since_start_myr, 0.0, age_myr);
  if (history.form != HistoryForm::constant)
    return formed(history.form, since / history.tau_myr) / formed(history.form, age_myr / history.tau_myr);
  const double forming = std::min(history.duration_myr, age_myr);
  return forming > 0 ? std::min(1.0, since / forming) : 1.0;
}

double mass_weighted_age_myr(const StarFormation& history, double age_myr) {
  check(history);
  const double x = age_myr / history.tau_myr;
  switch (history.form) {
    case HistoryForm::constant:
      return age_myr - 0.5 * std::min(history.duration_myr, age_myr);
    case HistoryForm::exponential:
      // T - tau + T / (e^x - 1), whose first two terms cancel for x << 1: T (1/2 + x/12 - x^3/720).
      if (x < 0.05) return age_myr * (0.5 + x / 12 - x * x * x / 720);
      return age_myr - history.tau_myr + (x < 700 ? age_myr / std::expm1(x) : 0.0);
    case HistoryForm::delayed: {
      // Mean of s over s e^-s/tau: tau int x^2 e^-x / int x e^-x; for x << 1 it is T (2/3 - x/18 ...).
      if (x < 0.01) return age_myr * (1.0 / 3 + x / 18 + x * x / 270);
      const double second = 2 * -std::expm1(-x) - std::exp(-x) * x * (2 + x);
      return age_myr - history.tau_myr * second / formed(history.form, x);
    }
  }
  return std::numeric_limits<double>::quiet_NaN();
}

double specific_rate_per_yr(const StarFormation& history, double age_myr, double window_myr) {
  check(history);
  require(window_myr > 0, "specific_rate_per_yr: a window > 0");
  const double before = age_myr > window_myr ? formed_fraction(history, age_myr, age_myr - window_myr) : 0.0;
  return (1 - before) / (window_myr * 1e6);
}

std::vector<NodeWeight> node_weights(const Library& library, const Population& population) {
  require(population.age_myr > 0, "Population: age > 0");
  require(population.metallicity > 0, "Population: metallicity > 0");
  check(population.history);
  require(!library.age_myr.empty() && !library.metallicity.empty(), "Library: has ages and metallicities");
  const AgeWeights ages = age_weights(library, population);
  const Bracket z = held_log_bracket(library.metallicity, population.metallicity);
  std::vector<NodeWeight> nodes;
  for (const auto& [index, part] : {std::pair(z.left, 1 - z.part), std::pair(z.right, z.part)})
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

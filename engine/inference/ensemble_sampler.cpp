#include "engine/inference/ensemble_sampler.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace arcproof::inference {
namespace {

bool all_different(std::span<const double> start, int walkers, int dimensions) {
  std::vector<const double*> rows(walkers);
  for (int w = 0; w < walkers; ++w) rows[w] = start.data() + static_cast<std::ptrdiff_t>(w) * dimensions;
  const auto before = [&](const double* a, const double* b) {
    return std::lexicographical_compare(a, a + dimensions, b, b + dimensions);
  };
  std::sort(rows.begin(), rows.end(), before);
  return std::adjacent_find(rows.begin(), rows.end(), [&](const double* a, const double* b) {
           return std::equal(a, a + dimensions, b);
         }) == rows.end();
}

void check(int dimensions, std::span<const double> start, const EnsembleOptions& options) {
  require(dimensions > 0, "run_ensemble: dimensions > 0");
  require(options.walkers % 2 == 0 && options.walkers > 2 * dimensions,
          "run_ensemble: walkers are even and more than twice the dimensions");
  require(options.steps >= 0, "run_ensemble: steps >= 0");
  require(options.stretch > 1, "run_ensemble: stretch > 1");
  require(start.size() == static_cast<std::size_t>(options.walkers) * dimensions,
          "run_ensemble: start holds walkers x dimensions values");
  require(all_different(start, options.walkers, dimensions), "run_ensemble: all walkers start apart");
}

// One step of the ensemble, in place: `position` and `density` are a row of the chain.
class Mover {
 public:
  Mover(const LogDensity& log_density, int dimensions, const EnsembleOptions& options, Random& random)
      : log_density_(log_density),
        random_(random),
        dimensions_(dimensions),
        stretch_(options.stretch),
        order_(options.walkers),
        proposal_(dimensions) {
    std::iota(order_.begin(), order_.end(), 0);
  }

  double evaluate(std::span<const double> at) const {
    const double value = log_density_(at);
    require(value < std::numeric_limits<double>::infinity(),
            "run_ensemble: the log density is a number or -infinity");
    return value;
  }

  void step(double* position, double* density) {
    shuffle();
    const std::size_t half = order_.size() / 2;
    const std::span<const int> red(order_.data(), half), blue(order_.data() + half, half);
    for (const int walker : red) move(walker, blue, position, density);
    for (const int walker : blue) move(walker, red, position, density);
  }

  std::size_t accepted() const { return accepted_; }

 private:
  // Fisher & Yates.
  void shuffle() {
    for (std::size_t i = order_.size() - 1; i > 0; --i) std::swap(order_[i], order_[pick(i + 1)]);
  }

  // One of `count`: uniform to count / 2^53, and six times faster than the exact draw, which divides
  // integers.
  std::size_t pick(std::size_t count) {
    return static_cast<std::size_t>(random_.uniform() * static_cast<double>(count));
  }

  // z = ((a - 1) u + 1)^2 / a has the density ~ 1/sqrt(z) on [1/a, a] (Goodman & Weare eq. 9).
  double draw_stretch() {
    const double root = (stretch_ - 1) * random_.uniform() + 1;
    return root * root / stretch_;
  }

  void move(int walker, std::span<const int> others, double* position, double* density) {
    const double z = draw_stretch();
    const int partner = others[pick(others.size())];
    const double log_u = std::log(random_.uniform());
    double* x = position + static_cast<std::ptrdiff_t>(walker) * dimensions_;
    const double* c = position + static_cast<std::ptrdiff_t>(partner) * dimensions_;
    for (int i = 0; i < dimensions_; ++i) proposal_[i] = c[i] + z * (x[i] - c[i]);
    const double proposed = evaluate(proposal_);
    const double jacobian = dimensions_ == 1 ? 0.0 : (dimensions_ - 1) * std::log(z);
    // Strictly less: with zero density the right side is -infinity and nothing is below it.
    if (!(log_u < jacobian + proposed - density[walker])) return;
    std::copy(proposal_.begin(), proposal_.end(), x);
    density[walker] = proposed;
    ++accepted_;
  }

  const LogDensity& log_density_;
  Random& random_;
  int dimensions_;
  double stretch_;
  std::vector<int> order_;
  std::vector<double> proposal_;
  std::size_t accepted_ = 0;
};

std::vector<double> densities_at(std::span<const double> start, int dimensions, const Mover& mover) {
  std::vector<double> density;
  for (std::size_t at = 0; at < start.size(); at += dimensions)
    density.push_back(mover.evaluate(start.subspan(at, dimensions)));
  require(std::all_of(density.begin(), density.end(), [](double d) { return std::isfinite(d); }),
          "run_ensemble: every walker starts where the density is not zero");
  return density;
}

}  // namespace

std::vector<double> EnsembleChain::flat(int parameter, int burn_in) const {
  require(parameter >= 0 && parameter < dimensions && burn_in >= 0, "EnsembleChain::flat: within the chain");
  std::vector<double> draws;
  draws.reserve(static_cast<std::size_t>(std::max(0, steps - burn_in)) * walkers);
  for (int step = burn_in; step < steps; ++step)
    for (int walker = 0; walker < walkers; ++walker) draws.push_back(value(step, walker, parameter));
  return draws;
}

std::vector<std::vector<double>> EnsembleChain::walker_series(int parameter, int burn_in) const {
  require(parameter >= 0 && parameter < dimensions && burn_in >= 0,
          "EnsembleChain::walker_series: within the chain");
  std::vector<std::vector<double>> series(walkers);
  for (int walker = 0; walker < walkers; ++walker)
    for (int step = burn_in; step < steps; ++step) series[walker].push_back(value(step, walker, parameter));
  return series;
}

EnsembleChain run_ensemble(const LogDensity& log_density, int dimensions, std::span<const double> start,
                           const EnsembleOptions& options, Random& random) {
  check(dimensions, start, options);
  Mover mover(log_density, dimensions, options, random);
  std::vector<double> position(start.begin(), start.end());
  std::vector<double> density = densities_at(start, dimensions, mover);

  EnsembleChain chain{options.steps, options.walkers, dimensions, {}, {}, 0};
  chain.values.reserve(position.size() * options.steps);
  chain.log_density.reserve(density.size() * options.steps);
  for (int step = 0; step < options.steps; ++step) {
    mover.step(position.data(), density.data());
    chain.values.insert(chain.values.end(), position.begin(), position.end());
    chain.log_density.insert(chain.log_density.end(), density.begin(), density.end());
  }
  if (options.steps > 0)
    chain.acceptance = static_cast<double>(mover.accepted()) / static_cast<double>(chain.log_density.size());
  return chain;
}

std::vector<double> pooled(const std::vector<EnsembleChain>& chains, int parameter, int burn_in) {
  std::vector<double> draws;
  for (const EnsembleChain& chain : chains) {
    const std::vector<double> more = chain.flat(parameter, burn_in);
    draws.insert(draws.end(), more.begin(), more.end());
  }
  return draws;
}

}  // namespace arcproof::inference

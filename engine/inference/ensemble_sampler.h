// Affine-invariant ensemble sampler: the stretch move of Goodman & Weare (2010), updated in two
// half-ensembles as emcee does (Foreman-Mackey+2013, algorithm 3).
//
// One step of a walker x: take a walker c of the other half at random, draw z with density g(z) ~ 1/sqrt(z)
// on [1/a, a], and propose y = c + z (x - c). Accept with probability min(1, z^(d-1) p(y)/p(x)), d the number
// of dimensions. The halves are drawn anew at every step; the first is moved against the second, then the
// second against the first as it then stands.
//
// The walkers of one ensemble steer each other: they are not independent chains. What the sampler cannot see
// (a second mode, a walker left behind) shows only between independent ensembles (validation/convergence.h).
#pragma once

#include "engine/core/random.h"

#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace arcproof::inference {

/// Natural logarithm of a density, up to a constant; -infinity where it is zero. Never NaN nor +infinity.
using LogDensity = std::function<double(std::span<const double> parameters)>;
/// The logarithm of no chance at all: outside of a prior.
inline constexpr double outside = -std::numeric_limits<double>::infinity();

struct EnsembleOptions {
  int walkers = 100;  ///< even, > 2 * dimensions
  int steps = 600;
  double stretch = 2.0;  ///< a > 1
};

/// A chain of all walkers: value(step, walker, parameter). The start is not part of it.
struct EnsembleChain {
  int steps = 0, walkers = 0, dimensions = 0;
  std::vector<double> values;       ///< [(step * walkers + walker) * dimensions + parameter]
  std::vector<double> log_density;  ///< [step * walkers + walker]
  double acceptance = 0;            ///< accepted fraction of all proposals

  double value(int step, int walker, int parameter) const {
    return values[(static_cast<std::size_t>(step) * walkers + walker) * dimensions + parameter];
  }
  /// All draws of one parameter after `burn_in` steps, step by step.
  std::vector<double> flat(int parameter, int burn_in) const;
  /// series[w] is the series of one parameter along walker w after `burn_in` steps, as convergence tests want
  /// it.
  std::vector<std::vector<double>> walker_series(int parameter, int burn_in) const;
};

/// Runs from `start` (walkers x dimensions, row-major; every walker inside the support, all different).
/// Walkers that start at zero density, and a density that is NaN or +infinity, throw ContractError. The same
/// stream gives the same chain, bit for bit: three numbers are taken for every proposal, whatever becomes of
/// it.
EnsembleChain run_ensemble(const LogDensity& log_density, int dimensions, std::span<const double> start,
                           const EnsembleOptions& options, Random& random);

/// All draws of one parameter after burn-in, ensemble by ensemble.
std::vector<double> pooled(const std::vector<EnsembleChain>& chains, int parameter, int burn_in);

}  // namespace arcproof::inference

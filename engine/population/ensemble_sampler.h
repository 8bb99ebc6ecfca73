// Affine-invariant ensemble sampler: the stretch move of Goodman & Weare (2010), updated in two half-ensembles as emcee does
// (Foreman-Mackey+2013).
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "engine/core/random.h"

namespace arcproof::population {

using LogDensity = std::function<double(std::span<const double> parameters)>;

struct EnsembleOptions {
  int walkers = 100;       ///< even, > 2 * dimensions
  int steps = 600;
  double stretch = 2.0;    ///< a > 1
};

/// A chain of all walkers: value(step, walker, parameter).
struct EnsembleChain {
  int steps = 0, walkers = 0, dimensions = 0;
  std::vector<double> values;        ///< [(step * walkers + walker) * dimensions + parameter]
  std::vector<double> log_density;   ///< [step * walkers + walker]
  double acceptance = 0;             ///< accepted fraction of all proposals

  double value(int step, int walker, int parameter) const {
    return values[(static_cast<std::size_t>(step) * walkers + walker) * dimensions + parameter];
  }
  /// All draws of one parameter after `burn_in` steps, step by step.
  std::vector<double> flat(int parameter, int burn_in) const;
};

/// Runs from `start` (walkers x dimensions, row-major; every walker inside the support, all different). Walkers that start at
/// zero density throw ContractError.
EnsembleChain run_ensemble(const LogDensity& log_density, int dimensions, std::span<const double> start,
                           const EnsembleOptions& options, Random& random);

}  // namespace arcproof::population

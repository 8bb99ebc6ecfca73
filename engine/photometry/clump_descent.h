// From a start to the minimum of a clump problem. Inside of clump_fit.h.
#pragma once

#include "engine/photometry/clump_problem.h"

#include <vector>

namespace arcproof::photometry::clump {

struct Descent {
  Point point;
  int iterations = 0;
  /// A step lowered chi^2, or was to lower it, by less than tolerance_chi2; or nothing but fluxes is free; or
  /// the damping passed 1e12, where rounding or a bound leaves no way down.
  bool converged = false;
  bool singular = false;  ///< the fluxes, or the step, cannot be solved for
};

/// Levenberg-Marquardt in positions and shapes, with the part of the Hessian that Gauss-Newton leaves out
/// learnt on the way. Free shapes may pass through what is no shape (a minor variance below zero); whatever
/// ends there is refitted on the edge of the allowed ones.
Descent fit_from(Problem& problem, std::vector<Component> start);

/// Whether a position or size sits on its bound.
bool on_bound(const Component& c, const FitOptions& options);

}  // namespace arcproof::photometry::clump

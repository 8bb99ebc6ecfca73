// Many dPIE on all nodes of a grid, by expansions over tiles: what is smooth over a tile is summed at a few
// of its points and interpolated from there. Private to engine/lens; LensMap::compute is its user.
//
// The field of a dPIE is an analytic function of each coordinate but for the branch points of its W(core) =
// 0. With R^2 = Sxx dx^2 + 2 Sxy dx dy + Syy dy^2 (dual_pie.h) they lie, for real dy, at
//   dx = -(Sxy / Sxx) dy +- i sqrt[(rcore^2 + dy^2 det S / Sxx) / Sxx].
// Interpolation at n Chebyshev points of an interval errs as rho^-n, where (rho + 1/rho) / 2 is half the sum
// of the distances of a branch point from the interval's ends, in units of its half width (Trefethen,
// Approximation Theory and Approximation Practice, theorem 8.2). A potential whose rho is large enough along
// both axes, everywhere in a square tile, is added to the expansion of the tile; the others are left to the
// tile's quarters, and to an exact sum in the smallest. An expansion is carried on to the quarters by
// interpolation, which is exact for polynomials.
// So the cost of a potential is that of a few points for each of the tiles that it is far from: 4.4
// evaluations a node for 149 potentials over 120" x 120" on 1500 x 1500 nodes, and some 70 operations for
// each of the five sums.
#pragma once

#include "engine/core/array2d.h"
#include "engine/lens/profiles/dual_pie.h"
#include "engine/lens/profiles/dual_pie_sum.h"
#include "engine/lens/profiles/grid.h"

#include <span>

namespace arcproof::lens {

/// Fills `deflection` and `hessian` (grid.width x grid.height) with the sums over `potentials`. Each
/// potential's deflection is within 1e-13 f and its Hessian within 1e-13 f / (distance from its centre) of
/// the exact sum. The numbers do not depend on `threads`.
void sum_on_grid(std::span<const DualPieSum::Constants> potentials, const Grid& grid, int threads,
                 Array2D<Vector2>& deflection, Array2D<Hessian>& hessian);

/// The same in one expansion over the square of side `side` with lower corner `low`: at the positions given.
/// `smallest_rho` receives the least rho of any potential. To test the bound.
void sum_by_one_expansion(std::span<const DualPieSum::Constants> potentials, Vector2 low, double side,
                          std::span<const Vector2> theta, Vector2* deflection, Hessian* hessian,
                          double* smallest_rho);

}  // namespace arcproof::lens

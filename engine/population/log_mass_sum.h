// Sums of a mass function over many weighted masses, in microseconds.
//
//   S(theta) = sum_k w_k p(l_k | theta),   S2(theta) = sum_k w_k^2 p(l_k | theta)^2,   l = log10(M / Msun)
//
// are all that the hierarchical likelihood needs of the injections (engine/population/selection.h) and of the
// mass draws of a cluster (engine/population/hierarchical.h). p is smooth in l, so each weight is shared
// once, beforehand, between the four nodes about it on a grid of step h, by cubic Lagrange interpolation: S =
// sum_nodes W_n p(l_n) then costs one exponential for each node of the grid, common to all sums on it, and
// one product a node.
//
// Accuracy: each term errs by at most (3/128) h^4 |p''''|. Where ln p has slope s per dex that is (3/128)
// (s h)^4 of the term: 5e-8 at h = 0.01 dex for a power law as steep as M^-2.7; 1e-4 at s h = 0.25, which a
// Schechter function reaches at 11 M_c. Where p is steeper than that over *all* masses of a sum (they then
// lie far out in its tail), and in the one cell that holds an upper edge M_high(theta), the terms are added
// one by one, exactly. Relative error of S below 1e-4 everywhere, and below 1e-6 where |d ln p/dl| < 8 per
// dex.
#pragma once

#include "engine/population/mass_model.h"

#include <array>
#include <span>
#include <vector>

namespace arcproof::population {

struct WeightedMass {
  double log_mass_msun;
  double weight;  ///< >= 0
};

/// A grid of log masses. Cell k lies between low + k step and low + (k + 1) step; one node more on either
/// side.
struct LogMassGrid {
  double low = 0, step = 0.01;
  int cells = 0;

  double node(int n) const { return low + (n - 1) * step; }  ///< n = 0 .. cells + 2
  int cell_of(double log_mass) const;
};
/// The grid of `step` dex that covers [low, high].
LogMassGrid log_mass_grid(double low, double high, double step);

/// p at the nodes of a grid, for all sums on it.
struct GriddedDensity {
  GriddedDensity(const LogMassGrid& grid, const LogMassDensity& density);
  LogMassDensity density;
  std::vector<double> value;
};

class LogMassSum {
 public:
  /// All masses within the grid, or ContractError.
  LogMassSum(const LogMassGrid& grid, std::vector<WeightedMass> terms);

  double sum(const GriddedDensity& p) const;             ///< S
  double sum_of_squares(const GriddedDensity& p) const;  ///< S2
  /// The slow twins: term by term.
  double direct_sum(const LogMassDensity& p) const;
  double direct_sum_of_squares(const LogMassDensity& p) const;

  const LogMassGrid& grid() const { return grid_; }
  std::span<const WeightedMass> terms() const { return terms_; }  ///< by rising mass

 private:
  using Stencil = std::array<double, 4>;
  struct Shares {
    std::vector<double> node;   // from node first_cell_ on
    std::vector<Stencil> cell;  // the same, apart for each cell
  };
  Shares share_out(int power) const;
  template <int power>
  double evaluate(const GriddedDensity& p, const Shares& shares) const;
  template <int power>
  double direct(const LogMassDensity& p, std::size_t first) const;

  LogMassGrid grid_;
  std::vector<WeightedMass> terms_;
  std::vector<std::size_t> cell_start_;  // index of the first term of each cell from first_cell_ on
  int first_cell_ = 0;
  Shares linear_, square_;
};

}  // namespace arcproof::population

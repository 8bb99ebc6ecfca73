// The probability to find a clump, from injections, against its true properties.
#pragma once

#include "engine/io/table.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// One axis of a completeness table: a real column of the joined table and the edges of its bins
/// (increasing).
struct BinAxis {
  std::string column;
  std::string unit;
  std::vector<double> edges;
};

/// Evenly spaced edges over the central 99% of a column's values among injected rows, rounded outwards to
/// multiples of `step`.
BinAxis axis_from_data(const io::Table& joined, const std::string& column, const std::string& unit,
                       double step);

/// Names of the columns of weights (mocks/placement.h): of places where the host's clumps are, and of its area.
inline constexpr const char *weight_clumps = "weight_clumps", *weight_uniform = "weight_uniform";

/// Rows: axis_1 (name), low_1, high_1 [, axis_2, low_2, high_2], n_injected, n_recovered, completeness and its 68%
/// interval, n_effective; completeness_uniform and its interval. Counts rows whose injection_flag is "injected".
/// completeness is that at places where the host's clumps are: the weighted fraction sum w found / sum w, with
/// Jeffreys' interval for n_effective = (sum w)^2 / sum w^2 trials; completeness_uniform the same over the host's
/// area. Without columns of weights all weights are 1. Empty bins are kept: completeness NaN, interval 0..1.
io::Table completeness_table(const io::Table& joined, const std::vector<BinAxis>& axes);

/// p(m) = plateau / (1 + exp((m - m50) / width)), by maximum likelihood over the injected rows.
struct LogisticCompleteness {
  double mag_50 = 0,
         mag_50_error = 0;  ///< where half of the plateau is found; error from the likelihood's curvature;
                            ///< NaN when that lies beyond the injected magnitudes
  double width_mag = 0;
  double plateau = 1;
  bool converged = false;
};
/// `found`: the flag column that counts as found; `weights`: a column of weights, all 1 where the table has none of
/// this name. Weights are scaled to the effective number of rows.
LogisticCompleteness fit_logistic(const io::Table& joined, const std::string& mag_column,
                                  const std::string& found = "recovered",
                                  const std::string& weights = weight_clumps);

}  // namespace arcproof::validation

// What is said of a parameter's draws, in one way everywhere: the median and the central 68%, as the 16% and
// 84% quantiles (type 7, engine/core/statistics.h); and systematic resampling of weighted points to draws.
#pragma once

#include <cstddef>
#include <span>

namespace arcproof::inference {

struct Summary {
  double median = 0;
  double low = 0, high = 0;  ///< 16% and 84% quantiles
};

/// NaN when there are no draws, or one of them is NaN.
Summary summary_of(std::span<const double> draws);

/// Distances of the 16% and 84% quantiles from a value that need not be the median; >= 0: a value outside of
/// the 68% has 0 on one side.
struct ErrorBar {
  double minus = 0, plus = 0;
};
ErrorBar error_bar(double value, const Summary& draws);

/// Systematic resampling (Kitagawa 1996): `wanted` points, point i taken either floor or ceil of wanted x
/// weight_i / total times, in the order of the points. One number in [0, 1) decides all. `total` is the sum of
/// the weights; what rounding leaves goes to the last point that has a weight. Calls take(i) for each.
template <class Take>
void resample_systematically(std::span<const double> weight, double total, std::size_t wanted, double uniform,
                             Take&& take) {
  const double step = total / static_cast<double>(wanted);
  double next = uniform * step, passed = 0;
  std::size_t taken = 0, last = 0;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (weight[i] > 0) last = i;
    passed += weight[i];
    for (; next < passed && taken < wanted; next += step, ++taken) take(i);
  }
  for (; taken < wanted; ++taken) take(last);
}

}  // namespace arcproof::inference

#include "engine/inference/summary.h"

#include "engine/core/statistics.h"

#include <algorithm>
#include <array>
#include <vector>

namespace arcproof::inference {

Summary summary_of(std::span<const double> draws) {
  constexpr std::array levels{0.5, 0.16, 0.84};
  const std::vector<double> q = statistics::quantiles(draws, levels);
  return {q[0], q[1], q[2]};
}

ErrorBar error_bar(double value, const Summary& draws) {
  return {std::max(0.0, value - draws.low), std::max(0.0, draws.high - value)};
}

}  // namespace arcproof::inference

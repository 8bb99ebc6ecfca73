// The number that is not there.
#pragma once

#include <limits>

namespace arcproof {

/// Not measured, not defined or not given: blank in every table.
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace arcproof

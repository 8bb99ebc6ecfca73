// The library that is always at hand.
#pragma once

#include "engine/sed/libraries/library.h"

namespace arcproof::sed {

/// The embedded library: an analytic description of a single burst (see the source for formulas,
/// coefficients, accuracy).
Library analytic_library();

}  // namespace arcproof::sed

// The protocol `claeyssens2025` of `arcproof sed`.
#pragma once

#include "recipes/program/commands/light/sed_protocols.h"

namespace arcproof::commands {

/// The posterior of a star cluster (engine/sed/fits/posterior.h).
SedProducts fit_claeyssens2025(const SedInputs& inputs);

}  // namespace arcproof::commands

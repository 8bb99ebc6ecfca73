// The protocol `claeyssens2023` of `arcproof sed`.
#pragma once

#include "recipes/program/commands/light/sed_protocols.h"

namespace arcproof::commands {

/// The best model of a grid and redraws (engine/sed/fits/grid.h, gas_grid.h).
SedProducts fit_claeyssens2023(const SedInputs& inputs);

}  // namespace arcproof::commands

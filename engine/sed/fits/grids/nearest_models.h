// The part of a grid that is left when metallicity and reddening are known.
#pragma once

#include "engine/sed/fits/grids/grid.h"

namespace arcproof::sed {

/// The models of the metallicity nearest in log Z and of the E(B-V) nearest to these [mass fraction, mag], in the
/// grid's order. Of two that are as near, the lower. A grid without models stays so. ContractError unless Z > 0 and
/// E(B-V) is finite.
ModelGrid models_nearest_to(const ModelGrid& grid, double metallicity, double ebv_mag);

}  // namespace arcproof::sed

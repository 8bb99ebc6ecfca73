// The grid of models with gas as two more axes: ionisation parameter and covering fraction.
#pragma once

#include "engine/sed/fits/grids/fit_grid.h"
#include "engine/sed/fits/grids/grid.h"

#include <memory>
#include <vector>

namespace arcproof::sed {

struct Gas {
  double log_u = reference_log_u;  ///< log10 of the ionisation parameter
  double covering_fraction = 0.5;  ///< of ionising photons that light up gas
};

/// All models of the first gas, then all of the second, and so on: fit_grid takes `grid` as it is.
struct GasGrid {
  ModelGrid grid;
  std::vector<Gas> gas;

  const Gas& of(std::size_t model) const { return gas[model / (grid.models.size() / gas.size())]; }
};

/// Every log U with every covering fraction, in the order given, the fraction fastest; a fraction of 0 has no
/// gas to ionise and stands once. `options` say what else the light depends on. Populations without ionising
/// photons are the same for all: fit_grid then chooses the first gas. ContractError without values, and as
/// BandSynthesis.
GasGrid build_gas_grid(const std::shared_ptr<const Library>& library, const std::vector<Filter>& filters,
                       double z, const sky::Cosmology& cosmology, const SynthesisOptions& options,
                       const GridAxes& axes, const std::vector<double>& log_u,
                       const std::vector<double>& covering_fraction);

/// Of the best model, with the 16% and 84% quantiles over the redraws; NaN unless fitted.
Estimate gas_estimate(const SedResult& result, const GasGrid& grid, double Gas::*quantity);

}  // namespace arcproof::sed

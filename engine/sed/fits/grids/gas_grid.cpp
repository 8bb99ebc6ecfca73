#include "engine/sed/fits/grids/gas_grid.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/inference/summary.h"

namespace arcproof::sed {
namespace {

std::vector<Gas> every_gas(const std::vector<double>& log_u, const std::vector<double>& covering_fraction) {
  std::vector<Gas> all;
  for (const double u : log_u)
    for (const double fraction : covering_fraction)
      if (fraction != 0 || u == log_u.front()) all.push_back({u, fraction});
  return all;
}

void append(ModelGrid& grid, ModelGrid&& more) {
  if (grid.models.empty()) {
    grid = std::move(more);
    return;
  }
  grid.models.insert(grid.models.end(), more.models.begin(), more.models.end());
  grid.flux_njy_per_msun.insert(grid.flux_njy_per_msun.end(), more.flux_njy_per_msun.begin(),
                                more.flux_njy_per_msun.end());
}

}  // namespace

GasGrid build_gas_grid(const std::shared_ptr<const Library>& library, const std::vector<Filter>& filters,
                       double z, const sky::Cosmology& cosmology, const SynthesisOptions& options,
                       const GridAxes& axes, const std::vector<double>& log_u,
                       const std::vector<double>& covering_fraction) {
  GasGrid out{{}, every_gas(log_u, covering_fraction)};
  require(!out.gas.empty(), "build_gas_grid: a value of log U and of the covering fraction");
  for (const Gas& gas : out.gas) {
    SynthesisOptions one = options;
    one.log_u = gas.log_u;
    one.covering_fraction = gas.covering_fraction;
    append(out.grid, build_grid({library, filters, z, cosmology, one}, axes, cosmology));
  }
  return out;
}

Estimate gas_estimate(const SedResult& result, const GasGrid& grid, double Gas::*quantity) {
  if (result.status != SedStatus::fitted) return {nan, nan, nan};
  std::vector<double> redrawn;
  for (const RedrawnModel& drawn : result.redrawn) redrawn.push_back(grid.of(drawn.model).*quantity);
  const inference::Summary draws = inference::summary_of(redrawn);
  return {grid.of(result.best_model).*quantity, draws.low, draws.high};
}

}  // namespace arcproof::sed

#include "engine/sed/fits/grids/nearest_models.h"

#include "engine/core/error.h"

#include <cmath>

namespace arcproof::sed {

ModelGrid models_nearest_to(const ModelGrid& grid, double metallicity, double ebv_mag) {
  require(metallicity > 0 && std::isfinite(ebv_mag), "models_nearest_to: Z > 0 and a finite E(B-V)");
  double best_z = 0, best_ebv = 0, least_z = HUGE_VAL, least_ebv = HUGE_VAL;
  for (const Population& model : grid.models) {
    const double off_z = std::abs(std::log(model.metallicity / metallicity)),
                 off_ebv = std::abs(model.ebv_mag - ebv_mag);
    if (off_z < least_z || (off_z == least_z && model.metallicity < best_z)) {
      least_z = off_z;
      best_z = model.metallicity;
    }
    if (off_ebv < least_ebv || (off_ebv == least_ebv && model.ebv_mag < best_ebv)) {
      least_ebv = off_ebv;
      best_ebv = model.ebv_mag;
    }
  }
  ModelGrid nearest{grid.z, grid.bands, {}, {}, grid.usable_band};
  for (std::size_t m = 0; m < grid.models.size(); ++m) {
    if (grid.models[m].metallicity != best_z || grid.models[m].ebv_mag != best_ebv) continue;
    nearest.models.push_back(grid.models[m]);
    for (std::size_t b = 0; b < grid.bands.size(); ++b) nearest.flux_njy_per_msun.push_back(grid.flux(m, b));
  }
  return nearest;
}

}  // namespace arcproof::sed

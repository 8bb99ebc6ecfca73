#include "engine/lens/realisations.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"

#include <algorithm>
#include <utility>

namespace arcproof::lens {

Realisations::Realisations(std::vector<LensModel> models) : models_(std::move(models)) {}

Realisations::Realisations(std::vector<LensMap> maps, double z_lens, sky::Cosmology cosmology)
    : maps_(std::move(maps)), z_lens_(z_lens), cosmology_(cosmology) {
  require(z_lens > 0, "Realisations: z_lens > 0");
  require(std::none_of(maps_.begin(), maps_.end(), [](const LensMap& m) { return m.is_constant(); }),
          "Realisations: maps with nodes");
}

void Realisations::evaluate(std::size_t k, const std::vector<Vector2>& theta,
                            std::vector<Vector2>* deflection, std::vector<Hessian>* hessian) const {
  require(k < size(), "Realisations: a draw that there is");
  if (maps_.empty()) return models_[k].evaluate(theta, deflection, hessian);
  const LensMap& map = maps_[k];
  if (deflection) deflection->assign(theta.size(), {nan, nan});
  if (hessian) hessian->assign(theta.size(), {nan, nan, nan});
  for (std::size_t i = 0; i < theta.size(); ++i) {
    if (!map.covers(theta[i])) continue;
    if (deflection) (*deflection)[i] = map.deflection(theta[i]);
    if (hessian) (*hessian)[i] = map.hessian(theta[i]);
  }
}

double Realisations::efficiency(std::size_t k, double z_source) const {
  require(k < size(), "Realisations: a draw that there is");
  return maps_.empty() ? models_[k].efficiency(z_source) : cosmology_.lensing_efficiency(z_lens_, z_source);
}

}  // namespace arcproof::lens

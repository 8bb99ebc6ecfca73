// A posterior of a lens as one object, whatever it is made of: models (rows of a bayes.dat), or maps (files).
#pragma once

#include "engine/lens/map.h"
#include "engine/lens/model.h"

#include <span>
#include <vector>

namespace arcproof::lens {

/// Models or maps, each one draw of the lens; may be empty. All stand in one frame, that of the best lens.
class Realisations {
 public:
  Realisations() = default;
  /// Evaluated exactly, each with its own redshift and cosmology.
  Realisations(std::vector<LensModel> models);
  /// Interpolated (map.h); all with this redshift of the lens and this cosmology. ContractError for z_lens <=
  /// 0 and for a constant field.
  Realisations(std::vector<LensMap> maps, double z_lens, sky::Cosmology cosmology);

  std::size_t size() const { return maps_.empty() ? models_.size() : maps_.size(); }
  bool empty() const { return size() == 0; }
  /// Empty for maps.
  const std::vector<LensModel>& models() const { return models_; }

  /// Deflection and Hessian of draw `k` at D_LS / D_S = 1; either pointer may be null. NaN off its map.
  void evaluate(std::size_t k, const std::vector<Vector2>& theta_arcsec, std::vector<Vector2>* deflection,
                std::vector<Hessian>* hessian) const;
  /// D_LS / D_S of draw `k`.
  double efficiency(std::size_t k, double z_source) const;

 private:
  std::vector<LensModel> models_;
  std::vector<LensMap> maps_;
  double z_lens_ = 0;
  sky::Cosmology cosmology_;
};

}  // namespace arcproof::lens

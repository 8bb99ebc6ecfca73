#include "engine/lens/model.h"

#include "engine/core/error.h"
#include "engine/core/units.h"

#include <cmath>
#include <utility>

namespace arcproof::lens {

double Magnification::gamma() const { return std::hypot(gamma1, gamma2); }

Magnification magnification(const Hessian& h, double efficiency) {
  Magnification m;
  m.kappa = efficiency * 0.5 * (h.xx + h.yy);
  m.gamma1 = efficiency * 0.5 * (h.xx - h.yy);
  m.gamma2 = efficiency * h.xy;
  const double shear = m.gamma();
  m.mu_tangential = 1 / (1 - m.kappa - shear);
  m.mu_radial = 1 / (1 - m.kappa + shear);
  m.mu = m.mu_tangential * m.mu_radial;
  return m;
}

Vector2 to_frame(sky::SkyPosition reference, sky::SkyPosition position) {
  const double delta_ra = std::remainder(position.ra_deg - reference.ra_deg, 360.0);  // the short way round
  return {-delta_ra * std::cos(reference.dec_deg * units::degree) * 3600,
          (position.dec_deg - reference.dec_deg) * 3600};
}

sky::SkyPosition to_sky(sky::SkyPosition reference, Vector2 theta) {
  const double ra = reference.ra_deg - theta.x / 3600 / std::cos(reference.dec_deg * units::degree);
  const double wrapped = ra - 360 * std::floor(ra / 360);
  return {wrapped < 360 ? wrapped : 0.0, reference.dec_deg + theta.y / 3600};
}

LensModel::LensModel(sky::SkyPosition reference, double z_lens, sky::Cosmology cosmology,
                     std::vector<DualPie> potentials, std::vector<Profile> further)
    : reference_(reference),
      z_lens_(z_lens),
      cosmology_(cosmology),
      potentials_(std::move(potentials)),
      further_(std::move(further)),
      sum_(potentials_) {
  require(z_lens > 0, "LensModel: z_lens > 0");
  for (const Profile& profile : further_) lens::deflection(profile, {});  // refuses bad parameters
}

Vector2 LensModel::to_frame(sky::SkyPosition position) const { return lens::to_frame(reference_, position); }

sky::SkyPosition LensModel::to_sky(Vector2 theta) const { return lens::to_sky(reference_, theta); }

Vector2 LensModel::deflection(Vector2 theta) const {
  Vector2 alpha;
  sum_.evaluate({&theta, 1}, &alpha, nullptr);
  add_further({&theta, 1}, &alpha, nullptr);
  return alpha;
}

Hessian LensModel::hessian(Vector2 theta) const {
  Hessian result;
  sum_.evaluate({&theta, 1}, nullptr, &result);
  add_further({&theta, 1}, nullptr, &result);
  return result;
}

void LensModel::add_further(std::span<const Vector2> theta, Vector2* deflection, Hessian* hessian) const {
  for (const Profile& profile : further_) {
    for (std::size_t i = 0; i < theta.size(); ++i) {
      if (deflection) {
        const Vector2 alpha = lens::deflection(profile, theta[i]);
        deflection[i] = {deflection[i].x + alpha.x, deflection[i].y + alpha.y};
      }
      if (hessian) {
        const Hessian h = lens::hessian(profile, theta[i]);
        hessian[i] = {hessian[i].xx + h.xx, hessian[i].xy + h.xy, hessian[i].yy + h.yy};
      }
    }
  }
}

void LensModel::evaluate(const std::vector<Vector2>& theta, std::vector<Vector2>* deflection,
                         std::vector<Hessian>* hessian) const {
  if (deflection) deflection->resize(theta.size());
  if (hessian) hessian->resize(theta.size());
  sum_.evaluate(theta, deflection ? deflection->data() : nullptr, hessian ? hessian->data() : nullptr);
  add_further(theta, deflection ? deflection->data() : nullptr, hessian ? hessian->data() : nullptr);
}

double LensModel::efficiency(double z_source) const {
  return cosmology_.lensing_efficiency(z_lens_, z_source);
}

Magnification LensModel::magnification(Vector2 theta, double z_source) const {
  return lens::magnification(hessian(theta), efficiency(z_source));
}

Vector2 LensModel::source_position(Vector2 theta, double z_source) const {
  const double d = efficiency(z_source);
  const Vector2 alpha = deflection(theta);
  return {theta.x - d * alpha.x, theta.y - d * alpha.y};
}

}  // namespace arcproof::lens

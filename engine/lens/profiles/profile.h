// Any lens profile beside the dPIE.
#pragma once

#include "engine/lens/profiles/external_shear.h"
#include "engine/lens/profiles/isothermal.h"
#include "engine/lens/profiles/nfw.h"
#include "engine/lens/profiles/point_mass.h"

#include <variant>

namespace arcproof::lens {

using Profile = std::variant<IsothermalPotential, IsothermalEllipsoid, NfwHalo, ExternalShear, PointMass>;

/// At D_LS / D_S = 1, frame of dual_pie.h; each alternative states its accuracy.
inline double potential(const Profile& profile, Vector2 theta_arcsec) {
  return std::visit([&](const auto& p) { return potential(p, theta_arcsec); }, profile);
}
inline Vector2 deflection(const Profile& profile, Vector2 theta_arcsec) {
  return std::visit([&](const auto& p) { return deflection(p, theta_arcsec); }, profile);
}
inline Hessian hessian(const Profile& profile, Vector2 theta_arcsec) {
  return std::visit([&](const auto& p) { return hessian(p, theta_arcsec); }, profile);
}

}  // namespace arcproof::lens

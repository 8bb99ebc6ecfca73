// The halo of Navarro, Frenk & White (Lenstool's profile 12), with an elliptical potential.
//
// Golse & Kneib (2002): psi(R) of the sphere with R^2 = (1 - eps) u^2 + (1 + eps) v^2, x = R / r_s:
//   psi = (b0 r_s / 2) [ln^2(x / 2) - arcosh^2(1 / x)],   dpsi/dR = b0 g(x) / x,
//   kappa = b0 F(x) / (2 r_s)  for eps = 0,   F = (1 - T) / (x^2 - 1),   g = ln(x / 2) + T,
//   T = arcosh(1 / x) / sqrt(1 - x^2), or arccos(1 / x) / sqrt(x^2 - 1) for x > 1.
// b0 = 6 pi (sigma / c)^2 with Lenstool's characteristic dispersion sigma^2 = (8/3) G r_s^2 rho_s. Lenstool
// takes the keyword `ellipticity` of profile 12 for eps itself (and not for three times it, as in profile 1).
#pragma once

#include "engine/lens/profiles/dual_pie.h"
#include "engine/sky/cosmology.h"

namespace arcproof::lens {

struct NfwHalo {
  Vector2 centre_arcsec = {};
  double epsilon = 0;    ///< of the potential; 0 <= epsilon < 1 (the mass is elliptical up to about 0.25)
  double angle_rad = 0;  ///< major axis of the mass, counter-clockwise from +x
  double scale_radius_arcsec = 0;
  double velocity_dispersion_km_s = 0;  ///< characteristic

  double b0_arcsec() const;
};

/// Characteristic dispersion [km/s] of a halo of concentration c = r_200 / r_s: rho_s = (200 / 3) rho_crit(z)
/// c^3 / [ln(1 + c) - c / (1 + c)]. ContractError unless c > 0 and r_s > 0.
double nfw_velocity_dispersion_km_s(double concentration, double scale_radius_kpc, double z_lens,
                                    const sky::Cosmology& cosmology);

/// Radius [kpc] within which the mean density is 200 times the critical one at z: M_200 = 100 H^2 r_200^3 /
/// G.
double nfw_r200_kpc(double m200_msun, double z_lens, const sky::Cosmology& cosmology);

/// At D_LS / D_S = 1, frame of dual_pie.h, within 1e-13 of b0 (deflection) and b0 / r_s (Hessian, beyond
/// 1e-3 r_s). At the centre, where kappa diverges logarithmically, the deflection is 0 and the Hessian that
/// of a point 1e-12 arcsec away. Potential in arcsec^2. ContractError for parameters outside the ranges
/// above.
double potential(const NfwHalo& halo, Vector2 theta_arcsec);
Vector2 deflection(const NfwHalo& halo, Vector2 theta_arcsec);
Hessian hessian(const NfwHalo& halo, Vector2 theta_arcsec);

}  // namespace arcproof::lens

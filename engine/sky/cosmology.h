// Distances and times in a flat Lambda-CDM universe without radiation.
#pragma once

#include "engine/core/keys.h"

namespace arcproof::sky {

struct Cosmology {
  double h0_km_s_mpc = 70.0;
  double omega_m = 0.3;

  void describe(Keys& keys) {
    keys.number("h0_km_s_mpc", h0_km_s_mpc, "km/s/Mpc", "Hubble constant", Allowed::between(10, 200));
    keys.number("omega_m", omega_m, "", "matter density; the universe is flat", Allowed::above(0, 1));
  }

  bool operator==(const Cosmology&) const = default;

  // All redshifts >= 0. Accuracy: 1e-10 relative (Gauss-Kronrod quadrature), tested against astropy to 1e-6.
  double comoving_distance_mpc(double z) const;
  double luminosity_distance_mpc(double z) const;
  double angular_diameter_distance_mpc(double z) const;
  double distance_modulus_mag(double z) const;
  double kpc_per_arcsec(double z) const;
  double age_myr(double z) const;  ///< of the Universe at z
  /// Redshift at which the Universe had this age (> 0); +infinity is never returned: ages below 1 Myr give
  /// that of 1 Myr.
  double redshift_at_age(double age_myr) const;
  /// Lensing efficiency D_LS / D_S = 1 - chi(z_l) / chi(z_s); 0 for a source in front of the lens.
  double lensing_efficiency(double z_lens, double z_source) const;
};

}  // namespace arcproof::sky

#include "engine/sky/cosmology.h"

#include "engine/core/error.h"
#include "engine/core/units.h"

#include <cmath>

#include <boost/math/quadrature/gauss_kronrod.hpp>

namespace arcproof::sky {

double Cosmology::comoving_distance_mpc(double z) const {
  require(z >= 0, "Cosmology: z >= 0");
  const auto inverse_e = [this](double x) {
    return 1 / std::sqrt(omega_m * std::pow(1 + x, 3) + 1 - omega_m);
  };
  const double integral =
      boost::math::quadrature::gauss_kronrod<double, 61>::integrate(inverse_e, 0.0, z, 8, 1e-12);
  return units::speed_of_light_km_s / h0_km_s_mpc * integral;
}

double Cosmology::luminosity_distance_mpc(double z) const { return (1 + z) * comoving_distance_mpc(z); }

double Cosmology::angular_diameter_distance_mpc(double z) const { return comoving_distance_mpc(z) / (1 + z); }

double Cosmology::distance_modulus_mag(double z) const {
  return 5 * std::log10(luminosity_distance_mpc(z)) + 25;
}

double Cosmology::kpc_per_arcsec(double z) const {
  return 1e3 * angular_diameter_distance_mpc(z) * units::arcsec;
}

// Below this Omega_Lambda the closed forms lose their digits, and the limit of matter alone is as good.
constexpr double matter_alone = 1e-12;

// Closed form for a flat universe: t = 2 / (3 H0 sqrt(OL)) asinh( sqrt(OL / Om) (1+z)^(-3/2) ).
double Cosmology::age_myr(double z) const {
  const double omega_l = 1 - omega_m;
  const double hubble_time_myr = units::kilometre_per_parsec * 1e6 / h0_km_s_mpc / units::second_per_myr;
  if (omega_l < matter_alone) return hubble_time_myr * 2 / 3 * std::pow(1 + z, -1.5);
  return hubble_time_myr * 2 / (3 * std::sqrt(omega_l)) *
         std::asinh(std::sqrt(omega_l / omega_m) * std::pow(1 + z, -1.5));
}

double Cosmology::redshift_at_age(double age) const {
  const double omega_l = 1 - omega_m;
  const double hubble_time_myr = units::kilometre_per_parsec * 1e6 / h0_km_s_mpc / units::second_per_myr;
  if (omega_l < matter_alone) return std::pow(1.5 * std::max(age, 1.0) / hubble_time_myr, -2.0 / 3.0) - 1;
  const double s = std::sinh(1.5 * std::sqrt(omega_l) * std::max(age, 1.0) / hubble_time_myr);
  return std::pow(s * std::sqrt(omega_m / omega_l), -2.0 / 3.0) - 1;
}

double Cosmology::lensing_efficiency(double z_lens, double z_source) const {
  if (z_source <= z_lens) return 0;
  return 1 - comoving_distance_mpc(z_lens) / comoving_distance_mpc(z_source);
}

}  // namespace arcproof::sky

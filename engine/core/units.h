// Physical constants and the conversions between fluxes and magnitudes.
//
// Inside arcproof every flux is in nJy and signed; magnitudes (AB) exist at the edges only (tables for
// people, recipes).
#pragma once

#include <cmath>
#include <numbers>

namespace arcproof::units {

inline constexpr double pi = std::numbers::pi;
inline constexpr double degree = pi / 180.0;       ///< [rad]
inline constexpr double arcsec = degree / 3600.0;  ///< [rad]
inline constexpr double arcsec_per_radian = 1.0 / arcsec;

inline constexpr double speed_of_light_km_s = 299792.458;
inline constexpr double speed_of_light_angstrom_s = 2.99792458e18;
inline constexpr double gravitational_constant_pc_km2_s2_msun =
    4.30091e-3;                                             ///< CODATA 2018 G with IAU nominal solar GM
inline constexpr double lyman_limit_angstrom = 912;         ///< rounded as in stellar libraries
inline constexpr double solar_luminosity_erg_s = 3.828e33;  ///< IAU 2015 nominal
inline constexpr double parsec_cm = 3.0856775814913673e18;
inline constexpr double kilometre_per_parsec = 3.0856775814913673e13;
inline constexpr double second_per_myr = 3.15576e13;  ///< Julian years

/// AB magnitude of 1 nJy (Oke & Gunn 1983: 3631 Jy at zero magnitude, rounded as is the custom of JWST
/// catalogues).
inline constexpr double ab_zero_point_njy = 31.4;

/// Flux [nJy] of an AB magnitude.
inline double njy_from_abmag(double mag) { return std::pow(10.0, 0.4 * (ab_zero_point_njy - mag)); }

/// AB magnitude of a flux [nJy]; NaN for a flux that is not positive, for which a magnitude has no meaning.
inline double abmag_from_njy(double flux_njy) {
  return flux_njy > 0 ? ab_zero_point_njy - 2.5 * std::log10(flux_njy) : std::nan("");
}

/// Half-light radius over standard deviation of a two-dimensional circular Gaussian, sqrt(2 ln 2).
inline constexpr double gaussian_half_light_per_sigma = 1.1774100225154747;

/// FWHM over standard deviation of a Gaussian, 2 sqrt(2 ln 2).
inline constexpr double gaussian_fwhm_per_sigma = 2.3548200450309493;

}  // namespace arcproof::units

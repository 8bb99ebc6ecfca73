// Dust: how it dims and reddens the light of stars and gas.
#pragma once

#include <string>
#include <vector>

namespace arcproof::sed {

/// k(lambda) = A(lambda) / E(B-V) of Calzetti et al. (2000) eq. 4, R_V = 4.05, continued below 0.12 um and
/// above 2.2 um by straight lines in 1/lambda and lambda that keep value and slope, never below 0. lambda in
/// the rest frame.
double calzetti_k(double wavelength_angstrom);

/// A(lambda) / A(V) of the bar of the Small Magellanic Cloud, Gordon et al. (2003, ApJ 594, 279), R_V = 2.74:
/// no bump, steep in the far ultraviolet.
///   below 0.27 um  their Table 3, in the form of Fitzpatrick & Massa (1990), x = 1 um / lambda:
///                  1 + [C1 + C2 x + C3 x^2 / ((x^2 - x0^2)^2 + g^2 x^2)
///                         + C4 (0.5392 (x - 5.9)^2 + 0.05644 (x - 5.9)^3)] / R_V, C4 for x > 5.9 only
///   to 2.2 um      a monotone cubic (Fritsch & Carlson 1980) in x through their Table 4, J and K as
///                  corrected in Gordon et al. (2016, ApJ 826, 104)
///   beyond         proportional to lambda^-1.61
/// Data reach from 0.116 to 2.2 um; what is bluer follows the formula. Within 4% of the table's ultraviolet
/// averages, 6% at its blue end.
double smc_extinction(double wavelength_angstrom);

/// A(lambda) / A(V) of the diffuse Milky Way, Cardelli, Clayton & Mathis (1989, ApJ 345, 245) eqs. 1 to 5,
/// R_V = 3.1, with the optical coefficients (0.30 to 0.91 um) of O'Donnell (1994, ApJ 422, 158). Defined from
/// 0.1 to 3.3 um; continued by the slope in 1/lambda at 0.1 um and by lambda^-1.61.
double milky_way_extinction(double wavelength_angstrom);

enum class DustLaw { calzetti, smc, milky_way };

/// A(V) / E(B-V) of a law.
double dust_r_v(DustLaw law);
/// k(lambda) = A(lambda) / E(B-V) of a law, rest frame.
double dust_k(DustLaw law, double wavelength_angstrom);

/// Names of the laws in recipes and on the command line, in the order of the enumeration: calzetti2000,
/// gordon2003_smc, cardelli1989.
const std::vector<std::string>& dust_law_names();
/// ContractError for a name that is not in the list.
DustLaw dust_law(const std::string& name);

}  // namespace arcproof::sed

// Dust and intergalactic gas.
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
///   ultraviolet (below 0.27 um)  their Table 3, in the form of Fitzpatrick & Massa (1990), x = 1 um /
///   lambda:
///     1 + [C1 + C2 x + C3 x^2 / ((x^2 - x0^2)^2 + g^2 x^2) + C4 (0.5392 (x - 5.9)^2 + 0.05644 (x - 5.9)^3)]
///     / R_V, the last term for x > 5.9;
///   to 2.2 um  a monotone cubic (Fritsch & Carlson 1980) in x through their Table 4, J and K as corrected in
///     Gordon et al. (2016, ApJ 826, 104); beyond, proportional to lambda^-1.61.
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

enum class IgmLaw { madau1995, inoue2014 };

/// Mean transmission of the intergalactic medium at observed wavelength for a source at z; 1 longward of
/// Lyman-alpha, absorbers between z = 0 and the source only.
///   madau1995  Madau (1995, ApJ 441, 18): Lyman series (17 lines) and photoelectric absorption
///   inoue2014  Inoue et al. (2014, MNRAS 442, 1805) eqs. 20 to 29: Lyman-alpha forest and damped systems, 39
///              lines of their Table 2 and the Lyman continuum; for sources at z > 0.5. The continuum is
///              within 2% of the integral over their distribution of absorbers, the forest's Lyman-alpha 8%
///              above it; damping wings are not in their line coefficients
/// Shortward of 912 A observed both take the value there: no object is seen at those wavelengths.
double igm_transmission(double observed_wavelength_angstrom, double z, IgmLaw law = IgmLaw::madau1995);

/// Names of the laws in recipes and on the command line, in the order of the enumerations: calzetti2000,
/// gordon2003_smc, cardelli1989; madau1995, inoue2014.
const std::vector<std::string>& dust_law_names();
const std::vector<std::string>& igm_law_names();
/// ContractError for a name that is not in the list.
DustLaw dust_law(const std::string& name);
IgmLaw igm_law(const std::string& name);

}  // namespace arcproof::sed

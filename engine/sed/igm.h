// Intergalactic gas: what absorbers on the way leave of the light of a distant source.
#pragma once

#include <string>
#include <vector>

namespace arcproof::sed {

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

/// Names of the laws in recipes and on the command line, in the order of the enumeration: madau1995,
/// inoue2014.
const std::vector<std::string>& igm_law_names();
/// ContractError for a name that is not in the list.
IgmLaw igm_law(const std::string& name);

}  // namespace arcproof::sed

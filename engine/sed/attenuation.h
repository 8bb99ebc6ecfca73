// Dust and intergalactic gas.
#pragma once

namespace arcproof::sed {

/// k(lambda) = A(lambda) / E(B-V) of Calzetti et al. (2000) eq. 4, R_V = 4.05, continued below 0.12 um and
/// above 2.2 um by straight lines in 1/lambda and lambda that keep value and slope, never below 0. lambda in
/// the rest frame.
double calzetti_k(double wavelength_angstrom);

enum class DustLaw { calzetti };

/// A(V) / E(B-V) of a law.
double dust_r_v(DustLaw law);
/// k(lambda) = A(lambda) / E(B-V) of a law, rest frame.
double dust_k(DustLaw law, double wavelength_angstrom);

enum class IgmLaw { madau1995 };

/// Mean transmission of the intergalactic medium at observed wavelength for a source at z (Madau 1995: Lyman
/// series blanketing and photoelectric absorption). 1 longward of Lyman-alpha.
double igm_transmission(double observed_wavelength_angstrom, double z, IgmLaw law = IgmLaw::madau1995);

}  // namespace arcproof::sed

// Dust and intergalactic gas.
#pragma once

namespace arcproof::sed {

/// k(lambda) = A(lambda) / E(B-V) of Calzetti et al. (2000) eq. 4, R_V = 4.05, continued below 0.12 um and
/// above 2.2 um by straight lines in 1/lambda and lambda that keep value and slope, never below 0. lambda in
/// the rest frame.
double calzetti_k(double wavelength_angstrom);

/// Mean transmission of the intergalactic medium at observed wavelength for a source at z (Madau 1995: Lyman
/// series blanketing and photoelectric absorption). 1 longward of Lyman-alpha.
double igm_transmission(double observed_wavelength_angstrom, double z);

}  // namespace arcproof::sed

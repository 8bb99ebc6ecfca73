// The continuum of photo-ionised gas: recombination, bremsstrahlung and two-photon decay.
//
// Ionisation equilibrium in case B, all ionising photons absorbed by hydrogen: Q_H = alpha_B n_e n_p V, so
// that an emission coefficient gamma [erg cm^3 / s / Hz] gives L_nu = Q_H gamma / alpha_B.
#pragma once

#include <span>
#include <vector>

namespace arcproof::sed {

/// Case-B recombination coefficient of hydrogen [cm^3/s], Draine (2011) eq. 14.6.
double case_b_recombination(double temperature_k);

/// Emission coefficients gamma [erg cm^3 / s / Hz] of hydrogen at a frequency [Hz], per n_e n_p, all
/// directions: recombination to levels n >= 2 (Milne relation with hydrogenic cross sections and the Gaunt
/// factors of Seaton 1960). Its photons add up to alpha_B to 1.5% between 5,000 and 20,000 K.
double free_bound_emission(double frequency_hz, double temperature_k);
/// Bremsstrahlung, Draine (2011) section 10.2.
double free_free_emission(double frequency_hz, double temperature_k);
/// Two-photon decay of 2s at n_e = 100 cm^-3, Nussbaumer & Schmutz (1984).
double two_photon_emission(double frequency_hz, double temperature_k);

/// The continuum: these three, and helium (He+/H+ = 0.1) as 10% more of the first two. Within 5% of an
/// independent calculation at 10^4 K from 1,250 A to 2 um.
double continuum_emission(double frequency_hz, double temperature_k);

/// Continuum alone [Lsun / Angstrom] of Q_H = 1 photon/s.
std::vector<double> nebular_continuum(std::span<const double> wavelength_angstrom, double temperature_k);

}  // namespace arcproof::sed

// The gas of HII regions by metallicity and ionisation parameter, and its emission lines.
#pragma once

#include <string>
#include <vector>

namespace arcproof::sed {

/// What the spectrum of the gas depends on, by the metallicity of its stars (mass fraction Z).
struct NebularGas {
  double temperature_k = 1e4;          ///< of the electrons, where O++ is
  double log_oxygen = -3.5;            ///< log10 of O/H by number, in the gas
  double doubly_ionised_oxygen = 0.5;  ///< O++ / O
};

/// Ionisation parameter log10 U for which the tables of this module were made.
inline constexpr double reference_log_u = -2.5;

/// T_e and O++/O of a young population's HII region with log U = -2.5 (interpolated in log Z between four
/// nodes), O/H = solar (12 + log O/H = 8.69 at Z = 0.0142, Asplund+2009) less 0.1 dex in grains.
///
/// At other log U the ratio O++/O+ follows log U = -0.80 log([OII]/[OIII]) - 3.02 (Diaz et al. 2000, from
/// photo-ionisation models): log O++/O+ rises by 1.25 per dex of U. T_e and hydrogen do not change: this is
/// the first order of what U does to broad bands, not a photo-ionisation model.
NebularGas nebular_gas(double metallicity, double log_u = reference_log_u);

/// O++/O of gas around stars of this age, over that of nebular_gas: 1 while the stars are young, then
/// falling: from 4.6 Myr on by ten each Myr (Z >= 0.004), from 6.5 Myr on by four each Myr (Z = 0.0004),
/// between them linear in log Z. Fitted to [O III] of the photo-ionisation models of Byler et al. (2017)
/// around single bursts, whose light grows too soft then; before, those waver about their mean by up to 0.4
/// dex (1.2 dex at Z = 0.02).
double doubly_ionised_left(double age_myr, double metallicity);

struct EmissionLine {
  std::string name;
  double wavelength_angstrom;  ///< vacuum
  double over_h_beta;          ///< luminosity relative to H-beta
};

/// Hydrogen (Balmer to n = 40, Paschen, Brackett), helium and the strong collisionally excited lines of O,
/// Ne, N, S, Ar. Lyman-alpha is left out: what escapes of it is set by resonant scattering and dust, not by
/// recombination.
std::vector<EmissionLine> emission_lines(const NebularGas& gas);

/// H-beta luminosity per ionising photon [erg], Draine (2011) eqs. 14.6, 14.9.
double h_beta_per_photon(double temperature_k);

}  // namespace arcproof::sed

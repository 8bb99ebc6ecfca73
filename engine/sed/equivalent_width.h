// Rest-frame equivalent widths of nebular emission lines of a population.
//
//   W = L_line / (L_stars + L_gas)   [Angstrom],
//
//   L_line   sum over metallicities of f Q_H(Z) h_beta_per_photon(T_e) (line over H-beta), the convention of
//            rest_frame_spectrum: f the covering fraction, Q_H the ionising photons of the stars of Z,
//            T_e and metal lines those of nebular_gas(Z, log U);
//   L_stars  continuum of the stars per Angstrom: a straight line between the means of L_lambda in two
//            windows, as far below the line as above it. What the stars absorb in the line itself is not
//            subtracted: W is the emission alone, as where stars and gas are fitted together. A spectrum
//            shows less, by the width of that absorption: of H-beta 2.6 to 4.8 Angstrom (BC03, 1 to 10 Myr);
//   L_gas    continuum of the gas (engine/sed/gas/nebular.h), without any line.
//
// Behind dust, stars by 10^(-0.4 k E) and gas by 10^(-0.4 k E / r), r = stars_over_gas_ebv, k of the line's
// wavelength: W is the same where r = 1, and falls as L_line / (L_stars 10^(0.4 k E (1 / r - 1)) + L_gas)
// else. Neighbouring lines ([N II] beside H-alpha) are not in it, nor is the intergalactic medium.
//
// Accuracy, from 1 to 10 Myr, against BC03 with the gas of the photo-ionisation models of Byler et al. (2017;
// log U = -2.5, Z = 0.0004 to 0.02; tests/reference), which follow the age of their own stars, not BC03's
// light:
//   stars form steadily   H-alpha and H-beta 0.1 dex, [O III] 0.15 dex
//   a burst               H-alpha and H-beta 0.1 dex to 5.5 Myr, 0.12 dex lower at 10 Myr. [O III] above 20
//                         Angstrom 0.4 dex for Z <= 0.008; at Z = 0.02 there is too much of it from 2 to 3.5
//                         Myr, 1.2 dex at 3 Myr. What is left below 20 Angstrom stays below 20 Angstrom
#pragma once

#include "engine/sed/synthesis.h"

#include <array>
#include <string_view>

namespace arcproof::sed {

struct MeasuredLine {
  std::string_view name;
  double wavelength_angstrom;          ///< vacuum
  double near_angstrom, far_angstrom;  ///< the windows' ends, this far from the line
};

/// Windows keep clear of the wings of the stars' Balmer lines, those of [O III] of the wing of H-beta.
inline constexpr std::array<MeasuredLine, 3> measured_lines{
    {{"H-alpha", 6564.6, 60, 120}, {"H-beta", 4862.7, 60, 120}, {"[O III] 5007", 5008.2, 20, 80}}};

/// A line and what lies under it, behind dust.
struct LineLight {
  double line = 0;            ///< [Lsun per Msun formed]
  double stars = 0, gas = 0;  ///< continuum at the line [Lsun / Angstrom per Msun formed]
  /// NaN where there is no continuum.
  double equivalent_width_angstrom() const { return line / (stars + gas); }
};

/// All NaN where the library's wavelengths do not hold both windows. ContractError as rest_frame_spectrum,
/// and for a line that is not in emission_lines.
LineLight line_light(const Library& library, const Population& population, const MeasuredLine& line,
                     const SynthesisOptions& options);

/// 1 to 10 Myr in steps of 0.25: the ages at which a population shines in lines.
std::vector<double> young_ages_myr();

}  // namespace arcproof::sed

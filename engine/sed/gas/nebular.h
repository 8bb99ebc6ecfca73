// Light of photo-ionised gas: hydrogen and helium continuum (nebular_continuum.h) and emission lines
// (nebular_lines.h), per ionising photon absorbed.
#pragma once

#include "engine/sed/gas/nebular_continuum.h"
#include "engine/sed/gas/nebular_lines.h"

#include <span>
#include <vector>

namespace arcproof::sed {

/// Nebular continuum and lines of Q_H = 1 photon/s [Lsun / Angstrom], case B, T_e and metal lines by
/// metallicity and log U (nebular_lines.h; no Lyman-alpha); lines are Gaussians of one
/// wavelength step. On the given wavelength grid.
std::vector<double> nebular_spectrum(std::span<const double> wavelength_angstrom, double metallicity,
                                     double log_u = reference_log_u);

/// What changes in it where there is no O++: its lines and those of Ne++ vanish, those of O+, N+ and S+ grow.
std::vector<double> soft_light_change(std::span<const double> wavelength_angstrom, double metallicity,
                                      double log_u = reference_log_u);

}  // namespace arcproof::sed

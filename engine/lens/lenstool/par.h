// Lenstool's .par file: the model.
#pragma once

#include "engine/lens/model.h"

#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::lens {

/// A potential as it stands in a .par file.
struct LenstoolPotential {
  DualPie dual_pie;
  bool has_mag = false;
  double mag = 0;
  bool optimised =
      false;  ///< its id is that of a potential fitted one by one ("O1", ...), as bayes.dat names them
};

/// A potential that is not a dPIE: profile 1 (isothermal, elliptical in potential), -1 (SIE), 7 (point mass),
/// 12 (NFW) or 14 (external shear and convergence).
struct LenstoolProfile {
  std::string id;
  Profile profile;
};

struct LenstoolProject {
  std::filesystem::path file;
  sky::SkyPosition reference;
  double z_lens = 0;
  sky::Cosmology cosmology;
  std::vector<LenstoolPotential> potentials;  ///< profile 81, then the galaxies of `potfile` sections
  std::vector<LenstoolProfile> further = {};  ///< all other profiles

  std::vector<Profile> further_profiles() const;
  LensModel best() const;
};

/// Reads a .par file with French or English keywords. Radii are taken from the *_kpc entries where they stand
/// (the arcsec ones are rounded). A file without a cosmology block has H0 = 70, Omega_m = 0.3; ellipticity
/// and angle are 0 where they are not given. Sections that do not describe the lens are passed over.
///
/// What a potential is made of, beside its centre (x_centre, y_centre in arcsec, or x_centre_wcs,
/// y_centre_wcs in degrees), z_lens and angle_pos:
///    81  ellipticity e = (a^2 - b^2) / (a^2 + b^2) of the mass, or ellip_pot = (a - b) / (a + b);
///        core and cut radii, v_disp
///     1  ellipticity e, of which the potential has eps = e / 3, or ellip_pot = eps; v_disp
///    -1  ellipticity e of the mass; v_disp
///     7  mass [1e12 M_sun]
///    12  ellipticity (which Lenstool takes for eps of the potential); scale_radius and v_disp, or
///        scale_radius and concentration, or concentration and m200 [M_sun]; alpha = 0 or 1 only
///    14  gamma, kappa
/// A section `potfile` adds galaxies of a catalogue beside the .par file, on the scaling relations with L /
/// L0 = 10^(0.4 (mag0 - mag)): sigma (L/L0)^(1/vdslope), cut (L/L0)^(2/slope), core (L/L0)^(1/2)
/// (Limousin+2007).
///
/// Throws InputError naming file, line, potential and key: an unknown profile, an unknown keyword inside a
/// potential or a potfile or one given twice, one that the profile does not use (unless it is 0), a potential
/// without what its profile needs, values out of range (0 <= core radius < cut radius, 0 <= ellipticity < 1,
/// dispersion >= 0), radii whose kpc and arcsec entries differ by more than 1%, potentials at different
/// redshifts, no reference, a reference mode other than 3 (absolute degrees), a cosmology that is not flat
/// with a cosmological constant, a `potfile` that gives the range of a prior instead of a value or whose
/// catalogue cannot be read, a number of potentials other than `nlens` says, no potential, a file that ends
/// before its `end` or `finish`.
LenstoolProject read_lenstool(const std::filesystem::path& par);

}  // namespace arcproof::lens

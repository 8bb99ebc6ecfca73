// Reads the files of a Lenstool project: best.par (the model) and bayes.dat (its posterior), arcs.dat (its
// constraints). Lenstool: Jullo et al. (2007), New J. Phys. 9, 447.
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
///    81  ellipticity e = (a^2 - b^2) / (a^2 + b^2) of the mass, or ellip_pot = (a - b) / (a + b); core and
///    cut
///        radii, v_disp
///     1  ellipticity e, of which the potential has eps = e / 3, or ellip_pot = eps; v_disp
///    -1  ellipticity e of the mass; v_disp
///     7  mass [1e12 M_sun]
///    12  ellipticity (which Lenstool takes for eps of the potential); scale_radius and v_disp, or
///    scale_radius
///        and concentration, or concentration and m200 [M_sun]; alpha = 0 or 1 only
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

/// One model for each row of bayes.dat: optimised potentials take the row's values; cluster galaxies follow
/// the scaling relation sigma = sigma0 10^(D/4), rcut = rcut0 10^(D/2), rcore = 0.15 kpc 10^(D/2), D = 0.4
/// (mag0 - mag), where the file's "Pot0" columns are given. A galaxy follows the relation when its values in
/// best.par do (to 1%, of the relation that the median galaxy of best.par defines); others (potentials with a
/// mag that best.par does not rescale) keep best.par's values.
///
/// Columns of other profiles are named as Lenstool names them (x (arcsec), y (arcsec), theta (deg), and):
///   1   emass (three times eps) or epot, sigma (km/s)          -1  emass, sigma (km/s)
///   12  emass or epot (both eps), rs (arcsec), sigma (km/s); or c with rs or M200 (Msol)
///   14  gamma, kappa                                            7   the centre only
/// All others are refused by name.
///
/// A row in which a core radius is not below its cut radius is no dPIE: it is left out, and said so.
struct Posterior {
  struct LeftOut {
    int row;          ///< of the file, from 0
    std::string why;  ///< line, potential and value
  };
  std::vector<LensModel> models;            ///< row by row; row 0 of the published models reproduces best.par
  std::vector<int> rows;                    ///< of the file, from 0: one for each model
  std::vector<LeftOut> left_out;            ///< 5% of the rows at most; more are refused
  std::vector<std::string> redshift_names;  ///< "Redshift of 4.3" -> "4.3"
  std::vector<std::vector<double>> redshifts;  ///< [model][name]
  std::vector<double> chi2;                    ///< of each model; NaN when the file has none

  /// The model of a row of the file. InputError{file, key}: there is no such row, or it was left out.
  const LensModel& model_of_row(int row, const std::filesystem::path& file, const std::string& key) const;
};

/// Throws InputError naming file, line or column: a column that is not known, a potential or a unit that
/// best.par does not have, a row of another length, values out of range, no rows, more than 5% of the rows
/// left out, M200 without c, c or M200 beside what they stand for, Pot0 columns where no galaxy follows a
/// relation.
Posterior read_bayes(const std::filesystem::path& bayes, const LenstoolProject& project, double mag0 = 19.12);

/// One multiple image of arcs.dat. System is the part of the id before the dot.
struct Arc {
  std::string id;
  sky::SkyPosition position;
  double a_arcsec, b_arcsec, angle_deg, redshift, mag;  ///< redshift 0: to be fitted

  std::string system() const;
};

/// Throws InputError naming file and line: fewer than eight columns, no number, positions that are not in
/// absolute degrees
/// (#REFERENCE other than 0), no arcs.
std::vector<Arc> read_arcs(const std::filesystem::path& arcs);

}  // namespace arcproof::lens

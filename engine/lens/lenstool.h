// Reads the files of a Lenstool project: best.par (the model) and bayes.dat (its posterior), arcs.dat (its constraints).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/lens/model.h"

namespace arcproof::lens {

/// A potential as it stands in a .par file.
struct LenstoolPotential {
  DualPie dual_pie;
  bool has_mag = false;
  double mag = 0;
  bool optimised = false;   ///< named in bayes.dat ("O1", ...)
};

struct LenstoolProject {
  std::filesystem::path file;
  sky::SkyPosition reference;
  double z_lens = 0;
  sky::Cosmology cosmology;
  std::vector<LenstoolPotential> potentials;

  LensModel best() const;
};

/// Reads a .par file with French or English keywords. Radii are taken from the *_kpc entries where they stand (the arcsec ones
/// are rounded). Throws InputError naming file, line, potential and key: an unknown profile (allowed: 81), an unknown keyword
/// inside a potential, a potential without centre, radii or dispersion, potentials at different redshifts, no reference, a
/// reference mode other than 3 (absolute degrees).
LenstoolProject read_lenstool(const std::filesystem::path& par);

/// One model for each row of bayes.dat: optimised potentials take the row's values; cluster galaxies follow the scaling
/// relation sigma = sigma0 10^(D/4), rcut = rcut0 10^(D/2), rcore = 0.15 kpc 10^(D/2), D = 0.4 (mag0 - mag), where the
/// file's "Pot0" columns are given. A galaxy follows the relation when its values in best.par do (to 1%); others (potentials
/// with a mag that best.par does not rescale) keep best.par's values.
struct Posterior {
  std::vector<LensModel> models;                 ///< row by row; row 0 reproduces best.par
  std::vector<std::string> redshift_names;       ///< "Redshift of 4.3" -> "4.3"
  std::vector<std::vector<double>> redshifts;    ///< [row][name]
  std::vector<double> chi2;
};
Posterior read_bayes(const std::filesystem::path& bayes, const LenstoolProject& project, double mag0 = 19.12);

/// One multiple image of arcs.dat. System is the part of the id before the dot.
struct Arc {
  std::string id;
  sky::SkyPosition position;
  double a_arcsec, b_arcsec, angle_deg, redshift, mag;  ///< redshift 0: to be fitted
};
std::vector<Arc> read_arcs(const std::filesystem::path& arcs);

}  // namespace arcproof::lens

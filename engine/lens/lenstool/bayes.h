// Lenstool's bayes.dat: the posterior of a model.
#pragma once

#include "engine/lens/lenstool/par.h"

#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::lens {

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

}  // namespace arcproof::lens

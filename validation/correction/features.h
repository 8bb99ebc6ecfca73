// What a measured object is compared by: numbers of a table's row, one column of a matrix each.
//
// The same names stand in a catalogue ("mag_f150w"), and with a prefix in a table of injections
// ("measured_mag_f150w"). A feature whose columns are missing in one of the tables is left out of all.
#pragma once

#include "engine/io/table.h"

#include <string>
#include <vector>

#include <Eigen/Core>

namespace arcproof::validation {

/// A table and what its columns of measurements are called.
struct Measurements {
  const io::Table* table = nullptr;
  std::string prefix;  ///< "measured_" in injections.fits, "" in catalogues
};

/// Sizes below this are all alike: a point [pixel].
inline constexpr double smallest_sigma_pix = 0.1;

/// Bands of flux_<band> columns, in their order.
std::vector<std::string> bands_of(const Measurements& from);

/// Columns as numbers: flags are 0 and 1, missing integers NaN. ContractError where the column is text or missing.
std::vector<double> numbers_of(const io::Table& table, const std::string& column);

struct Feature {
  std::string name;
  std::vector<std::string> columns;  ///< that it is made of, without prefix
  double (*value)(const double* columns) = nullptr;
};

/// Features for the question whether an object is a clump: magnitude and size, S/N, chi^2, how the fit went,
/// magnification, axis ratio.
std::vector<Feature> shape_features(const std::string& reference_band);
/// Those, and colours, what the SED fit said, and what lies around: for the question which injections resemble it.
/// Surroundings (crowding_pix, neighbour_light, local_brightness) have no prefix in either table.
std::vector<Feature> resemblance_features(const std::string& reference_band,
                                          const std::vector<std::string>& bands);

/// Those of which all tables have the columns.
std::vector<Feature> shared_features(const std::vector<Feature>& features,
                                     const std::vector<Measurements>& tables);

/// A row for each of `rows`, a column a feature. NaN where a number is missing.
Eigen::MatrixXd feature_matrix(const std::vector<Feature>& features, const Measurements& from,
                               const std::vector<std::size_t>& rows);

}  // namespace arcproof::validation

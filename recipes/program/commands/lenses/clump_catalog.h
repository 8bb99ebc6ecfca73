// A user's table of clumps to be delensed: places, redshifts, shapes and photometry by the names of their
// columns.
#pragma once

#include "engine/core/missing.h"
#include "recipes/program/commands/user_table.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace arcproof::commands {

/// A quantity of a row with errors to both sides; errors that are not given are NaN.
struct Measured {
  double value = nan, minus = nan, plus = nan;
  double relative_minus() const { return std::isnan(minus) ? 0 : minus / value; }
  double relative_plus() const { return std::isnan(plus) ? 0 : plus / value; }
};

inline constexpr double mag_per_relative = 1.0857362047581294;  ///< 2.5 / ln 10

struct Photometry {
  std::string band;
  std::vector<Measured> mag_ab;    ///< by row; NaN where the flux is not positive
  std::vector<Measured> flux_njy;  ///< by row; signed where the table holds fluxes
};

struct ClumpShape {
  Measured major, minor;  ///< standard deviations [arcsec]
  double pa_deg = 0;      ///< North through East
  bool given() const { return !std::isnan(major.value); }
};

/// The columns of the user's table, in arcsec, degrees and AB magnitudes.
class ClumpCatalog {
 public:
  /// InputError naming file, column and row: see CatalogFile; a length, angle, flux or magnitude in another
  /// unit, sizes below 0 or above 500 pixels, axes without an angle, a minor axis larger than the major one.
  /// `z` is that of all rows, where there is no column of it.
  ClumpCatalog(const std::string& file, const std::optional<double>& z, double pixel_scale_arcsec);

  std::size_t rows() const { return table.rows(); }

  CatalogFile table;
  io::Reals ra, dec, z;
  std::vector<ClumpShape> shapes;
  std::vector<Photometry> photometry;
  std::string shape_columns;  ///< which were taken; "" for none

 private:
  const io::Column* length_column(const std::string& name) const;
  /// What turns the column's numbers into arcsec.
  double arcsec_per_unit(const io::Column& column) const;
  // Sizes and their errors: 0 or more, and no more than a map around a clump can hold.
  std::vector<Measured> lengths(const io::Column& column) const;
  // Columns NAME_err_minus and NAME_err_plus, or NAME_err for both; NaN without them and below 0.
  std::pair<io::Reals, io::Reals> errors_of(const std::string& name) const;
  void read_shapes();
  void read_ellipses(const io::Column& major_column);
  std::vector<Measured> scaled(const std::vector<Measured>& major, const io::Column& column) const;
  // A circle has no angle; an ellipse needs one, and is without a shape where it is NaN.
  void set_angle(ClumpShape& shape, const io::Column* angle) const;
  void read_photometry();
  double njy_per_unit(const io::Column& column) const;
  Photometry of_fluxes(const std::string& band, const io::Column& column) const;
  Photometry of_magnitudes(const std::string& band, const io::Column& column) const;

  double pixel_arcsec_;
};

}  // namespace arcproof::commands

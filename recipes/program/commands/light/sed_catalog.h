// A table of photometry as `arcproof sed` takes it.
#pragma once

#include "engine/sed/fits/grids/fit_grid.h"
#include "engine/sed/fits/grids/grid.h"
#include "recipes/program/commands/light/sed.h"
#include "recipes/program/commands/user_table.h"

#include <optional>
#include <string>
#include <vector>

namespace arcproof::commands {

/// "f150w" as bands are called: "F150W".
std::string upper_case(std::string text);

/// A number of a row with which the row cannot be fitted.
struct RowFault {
  std::string status;  ///< bad_redshift, bad_flux, bad_error or bad_magnification
  std::string text;    ///< "row 3: flux_f150w_err = 0 (allowed: ...)"
};

/// Reads, checks and converts the columns that SedArguments names: fluxes in nJy, divided by |mu| where there
/// is a column mu. Rows at fault stay, without photometry. Throws InputError naming file, column and row
/// where all rows are at fault; a table without rows is refused.
class PhotometryCatalog {
 public:
  explicit PhotometryCatalog(const SedArguments& arguments);

  std::size_t rows() const { return file_.rows(); }
  const std::vector<std::string>& bands() const { return bands_; }
  /// Columns flux_BAND without flux_BAND_err, which are left out.
  const std::vector<std::string>& without_error() const { return without_error_; }
  /// As it stands in the table; within 0 and 30 unless the row is at fault.
  double z(std::size_t row) const { return z_[row]; }
  /// Of each row; only the first of several.
  const std::vector<std::optional<RowFault>>& faults() const { return faults_; }
  const std::vector<sed::BandFlux>& photometry(std::size_t row) const { return photometry_[row]; }
  /// The column id, or the rows' numbers from 0.
  io::Column id() const { return file_.id(); }

 private:
  void read_band(std::size_t band);
  io::Reals read_limits(const io::Column& limit, const io::Column& flux) const;
  void read_redshifts();
  void demagnify();
  void blame(std::size_t row, const char* status, const std::string& column, double value,
             const char* allowed);
  void drop_rows_at_fault();

  const SedArguments& a_;
  CatalogFile file_;
  std::vector<std::string> bands_, without_error_;
  std::vector<std::vector<sed::BandFlux>> photometry_;
  io::Reals z_;
  std::vector<std::optional<RowFault>> faults_;
};

}  // namespace arcproof::commands

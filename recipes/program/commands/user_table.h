// Users' tables, FITS or ECSV: columns by name in any case, numbers in the units asked for. All commands read
// them here, so that the same table means the same to each.
#pragma once

#include "engine/io/hdu_path.h"
#include "engine/io/table.h"

#include <optional>
#include <string>
#include <vector>

namespace arcproof::commands {

/// ECSV by its name, FITS otherwise. Throws InputError naming the file.
io::Table read_user_table(const io::HduPath& file);

/// The column of this name (small letters) in any case; null if the table has no such column.
const io::Column* find_column(const io::Table& table, const std::string& name);
/// One number a row, NaN where it is missing; empty when the column holds something else, or several a row.
std::optional<io::Reals> numbers_of(const io::Column& column);

/// The column of the rows' names and what the result says of it.
struct RowIds {
  std::string name = "id";
  std::string own = "id in the table given";                ///< description where there is a column id
  std::string numbered = "row of the table given, from 0";  ///< and in a table without ids
  bool may_be_real = true;                                  ///< a column id of reals is one
};
/// The column "id" of integers, texts or reals, else the rows' numbers from 0.
io::Column row_ids(const io::Table& table, const RowIds& ids = {});

/// nJy in one nJy, uJy, mJy or Jy; empty for other units.
std::optional<double> njy_per(const std::string& unit);
/// arcsec in one arcsec, mas or pixel, in any case; empty for other units.
std::optional<double> arcsec_per(const std::string& unit, double pixel_arcsec);
/// InputError naming file and column unless the unit is degrees, or none.
void require_degrees(const io::Column& column, const std::string& file);

class CatalogFile {
 public:
  /// FILE or FILE[HDU]. InputError when the file is missing or no table, or has no rows.
  explicit CatalogFile(const std::string& text);

  const std::string& file() const { return file_; }
  std::size_t rows() const { return table_.rows(); }
  const std::vector<io::Column>& columns() const { return table_.columns(); }

  /// A number in the header; empty if the header does not hold it.
  std::optional<double> header_number(const std::string& key) const;
  /// The column of this name in any case; null if the table has no such column.
  const io::Column* find(const std::string& name) const { return find_column(table_, name); }
  /// One number a row, NaN where it is missing. InputError naming the column when it holds something else.
  io::Reals numbers(const io::Column& column) const;
  /// Names of the rows, under the name given.
  io::Column id(const std::string& name = "id") const { return row_ids(table_, {.name = name}); }

  /// Columns ra and dec [deg]. InputError without them, in another unit, or out of range; NaN stays NaN.
  io::Reals right_ascension() const { return degrees("ra", 0, 360); }
  io::Reals declination() const { return degrees("dec", -90, 90); }
  /// Column z; null where the option says it for all rows. InputError with both, and without either.
  const io::Column* redshift_column(const std::optional<double>& option) const;
  /// Column z, or the option's value in every row. InputError as redshift_column, and for z < 0 or z >= 30.
  io::Reals redshifts(const std::optional<double>& option) const;
  /// A value that is not allowed: InputError naming column and row (from 0).
  [[noreturn]] void refuse_value(const io::Column& column, std::size_t row, double value,
                                 const std::string& allowed) const;

 private:
  io::Reals degrees(const std::string& name, double low, double high) const;

  std::string file_;
  io::Table table_;
};

}  // namespace arcproof::commands

// A user's table of clumps, FITS or ECSV: columns by name in any case, numbers in the units asked for.
#pragma once

#include "engine/io/table.h"

#include <optional>
#include <string>
#include <vector>

namespace arcproof::commands {

class CatalogFile {
 public:
  /// FILE or FILE[HDU]. InputError when the file is missing or no table, or has no rows.
  explicit CatalogFile(const std::string& text);

  const std::string& file() const { return file_; }
  std::size_t rows() const { return table_.rows(); }
  const std::vector<io::Column>& columns() const { return table_.columns(); }

  /// A number in the header; empty where there is none.
  std::optional<double> header_number(const std::string& key) const;
  /// The column of this name in any case; null where there is none.
  const io::Column* find(const std::string& name) const;
  /// One number a row, NaN where it is missing. InputError naming the column when it holds something else.
  io::Reals numbers(const io::Column& column) const;
  /// The column "id" of integers, texts or numbers, else the rows' numbers from 0; under the name given.
  io::Column id(const std::string& name = "id") const;

  /// Columns ra and dec [deg]. InputError without them, in another unit, or out of range; NaN stays NaN.
  io::Reals right_ascension() const { return degrees("ra", 0, 360); }
  io::Reals declination() const { return degrees("dec", -90, 90); }
  /// Column z, or the option's value in every row. InputError without either, and for z < 0 or z >= 30.
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

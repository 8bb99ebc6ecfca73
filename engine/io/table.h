// Tables in memory: named columns with a unit and a description, all of one length.
//
// Missing values: NaN in a real column, missing_integer in an integer column, "" in a text column.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace arcproof::io {

inline constexpr std::int64_t missing_integer = std::numeric_limits<std::int64_t>::min();

using Reals = std::vector<double>;
using Integers = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;
using Flags = std::vector<bool>;

struct Column {
  std::string name;         ///< lower case with underscores; ends in the unit where the quantity has one
  std::string unit;         ///< FITS-standard unit string, "" when dimensionless
  std::string description;  ///< one line, for people
  std::variant<Reals, Integers, Texts, Flags> values;
  int width = 1;  ///< values per row; > 1 for real columns only

  std::size_t rows() const;
};

class Table {
 public:
  explicit Table(std::string name = "") : name_(std::move(name)) {}

  const std::string& name() const { return name_; }  ///< becomes EXTNAME
  void rename(std::string name) { name_ = std::move(name); }
  std::size_t rows() const { return columns_.empty() ? 0 : columns_.front().rows(); }
  const std::vector<Column>& columns() const { return columns_; }

  /// Appends a column. ContractError when its length differs from the others' or its name is taken.
  void add(Column column);
  void add(std::string name, std::string unit, std::string description, Reals values);
  void add(std::string name, std::string unit, std::string description, Integers values);
  void add(std::string name, std::string unit, std::string description, Texts values);
  void add(std::string name, std::string unit, std::string description, Flags values);

  bool has(std::string_view name) const;
  const Column& column(std::string_view name) const;  ///< ContractError when missing
  const Reals& reals(std::string_view name) const;
  const Integers& integers(std::string_view name) const;
  const Texts& texts(std::string_view name) const;
  const Flags& flags(std::string_view name) const;
  Reals& reals(std::string_view name);
  Texts& texts(std::string_view name);

  /// Appends the rows of a table with the same columns (names, units, types, widths). A table without columns
  /// takes those of the other, and its header cards.
  void append(const Table& other);
  /// The rows at these positions, in this order.
  Table select(std::span<const std::size_t> rows) const;

  /// Header cards: key (at most 8 characters) and value, for what holds for the whole table.
  void note(std::string key, std::string value) { notes_.emplace_back(std::move(key), std::move(value)); }
  const std::vector<std::pair<std::string, std::string>>& notes() const { return notes_; }
  void clear_notes() { notes_.clear(); }

 private:
  Column& find(std::string_view name);
  std::string name_;
  std::vector<Column> columns_;
  std::vector<std::pair<std::string, std::string>> notes_;
};

}  // namespace arcproof::io

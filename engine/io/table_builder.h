// A table from rows: a column is what a getter says of each row.
//
//   TableBuilder add(table, clumps);
//   add.column("z", "", "redshift", &Clump::z);
//   add.column("log_mass", "", "log10 mass [solMass]", [](const Clump& c) { return std::log10(c.mass); });
//
// A getter is a member, or a function of the row, or of the row and its number. What it gives says what the column
// holds: bool flags, other integers integers, floating-point numbers reals, all else text.
#pragma once

#include "engine/io/table.h"

#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace arcproof::io {

/// The values of a column whose getter gives `Value`.
template <class Value>
using ValuesOf =
    std::conditional_t<std::same_as<Value, bool>, Flags,
                       std::conditional_t<std::integral<Value>, Integers,
                                          std::conditional_t<std::floating_point<Value>, Reals, Texts>>>;

/// Appends columns to a table, which must outlive it, as must the rows.
template <class Row>
class TableBuilder {
 public:
  TableBuilder(Table& table, const std::vector<Row>& rows) : table_(table), rows_(rows) {}

  template <class Get>
  TableBuilder& column(std::string name, std::string unit, std::string description, const Get& get) {
    using Value = std::remove_cvref_t<decltype(value(get, rows_[0], 0))>;
    ValuesOf<Value> values;
    values.reserve(rows_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) values.emplace_back(value(get, rows_[i], i));
    table_.add(std::move(name), std::move(unit), std::move(description), std::move(values));
    return *this;
  }

 private:
  template <class Get>
  static decltype(auto) value(const Get& get, const Row& row, std::size_t number) {
    if constexpr (std::invocable<const Get&, const Row&, std::size_t>) return std::invoke(get, row, number);
    else return std::invoke(get, row);
  }
  Table& table_;
  const std::vector<Row>& rows_;
};

}  // namespace arcproof::io

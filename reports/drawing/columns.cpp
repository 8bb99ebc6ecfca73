#include "reports/drawing/columns.h"

#include <limits>

namespace arcproof::reports {
namespace {

template <class Values, class Value>
Values column_or(const io::Table& table, std::string_view name, Value missing) {
  if (table.has(name))
    if (const auto* values = std::get_if<Values>(&table.column(name).values)) return *values;
  return Values(table.rows(), missing);
}

}  // namespace

io::Reals real_column(const io::Table& table, std::string_view name) {
  return column_or<io::Reals>(table, name, std::numeric_limits<double>::quiet_NaN());
}

io::Integers integer_column(const io::Table& table, std::string_view name) {
  return column_or<io::Integers>(table, name, io::missing_integer);
}

io::Texts text_column(const io::Table& table, std::string_view name) {
  return column_or<io::Texts>(table, name, std::string());
}

io::Flags flag_column(const io::Table& table, std::string_view name) {
  return column_or<io::Flags>(table, name, false);
}

std::vector<std::size_t> rows_where(const io::Table& table, std::string_view column, std::string_view text) {
  const io::Texts values = text_column(table, column);
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] == text) rows.push_back(i);
  return rows;
}

}  // namespace arcproof::reports

#include "recipes/program/commands/user_table.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/io/ecsv.h"
#include "engine/io/fits.h"
#include "recipes/program/commands/shared.h"

#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace arcproof::commands {

CatalogFile::CatalogFile(const std::string& text) {
  const HduPath path = input_hdu(text, "catalog");
  file_ = path.path.string();
  table_ = lower_case(path.path.extension().string()) == ".ecsv" ? io::read_ecsv(path.path)
                                                                 : io::read_fits_table(path.path, path.hdu);
  if (rows() == 0) refuse(file_, "rows", "none", "one or more");
}

std::optional<double> CatalogFile::header_number(const std::string& key) const {
  for (const auto& [name, value] : table_.notes()) {
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    if (name == key && end != value.c_str()) return number;
  }
  return std::nullopt;
}

const io::Column* CatalogFile::find(const std::string& name) const {
  for (const io::Column& column : table_.columns())
    if (lower_case(column.name) == name) return &column;
  return nullptr;
}

io::Reals CatalogFile::numbers(const io::Column& column) const {
  if (column.width == 1) {
    if (const auto* reals = std::get_if<io::Reals>(&column.values)) return *reals;
    if (const auto* integers = std::get_if<io::Integers>(&column.values)) {
      io::Reals out;
      for (const std::int64_t i : *integers)
        out.push_back(i == io::missing_integer ? nan : static_cast<double>(i));
      return out;
    }
  }
  refuse(file_, "column " + column.name, "no numbers, or several a row", "one number a row");
}

io::Column CatalogFile::id(const std::string& name) const {
  const io::Column* own = find("id");
  if (own && own->width == 1 && !std::holds_alternative<io::Flags>(own->values))
    return {name, "", "id in the table given", own->values, 1};
  io::Integers numbers;
  for (std::size_t i = 0; i < rows(); ++i) numbers.push_back(static_cast<std::int64_t>(i));
  return {name, "", "row of the table given, from 0", std::move(numbers), 1};
}

io::Reals CatalogFile::degrees(const std::string& name, double low, double high) const {
  const io::Column* column = find(name);
  if (!column) refuse(file_, "column " + name, "none", "columns ra and dec, in degrees");
  const std::string unit = lower_case(column->unit);
  if (!unit.empty() && unit != "deg" && unit != "degree" && unit != "degrees")
    refuse(file_, "column " + column->name, "the unit " + column->unit, "deg");
  io::Reals values = numbers(*column);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] < low || values[i] > high)
      refuse_value(*column, i, values[i], fmt::format("{:g} to {:g} degrees", low, high));
  return values;
}

io::Reals CatalogFile::redshifts(const std::optional<double>& option) const {
  const io::Column* column = find("z");
  if (!column && !option) refuse(file_, "column z", "none", "a column z, or --z");
  if (column && option)
    refuse(file_, "column z", "one, and --z " + fmt::format("{:g}", *option), "one of the two");
  if (!column) return io::Reals(rows(), *option);
  io::Reals z = numbers(*column);
  for (std::size_t i = 0; i < z.size(); ++i)
    if (z[i] < 0 || z[i] >= 30) refuse_value(*column, i, z[i], "0 <= z < 30, or NaN");
  return z;
}

void CatalogFile::refuse_value(const io::Column& column, std::size_t row, double value,
                               const std::string& allowed) const {
  refuse(file_, fmt::format("column {}, row {}", column.name, row), fmt::format("{:.10g}", value), allowed);
}

}  // namespace arcproof::commands

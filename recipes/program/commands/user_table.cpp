#include "recipes/program/commands/user_table.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/io/ecsv.h"
#include "engine/io/fits.h"
#include "recipes/program/commands/shared.h"

#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>

#include <fmt/format.h>

namespace arcproof::commands {

io::Table read_user_table(const io::HduPath& file) {
  const bool ecsv = lower_case(file.path.extension().string()) == ".ecsv";
  return ecsv ? io::read_ecsv(file.path) : io::read_fits_table(file.path, file.hdu);
}

const io::Column* find_column(const io::Table& table, const std::string& name) {
  for (const io::Column& column : table.columns())
    if (lower_case(column.name) == name) return &column;
  return nullptr;
}

std::optional<io::Reals> numbers_of(const io::Column& column) {
  if (column.width != 1) return std::nullopt;
  if (const auto* reals = std::get_if<io::Reals>(&column.values)) return *reals;
  const auto* integers = std::get_if<io::Integers>(&column.values);
  if (!integers) return std::nullopt;
  io::Reals numbers;
  for (const std::int64_t i : *integers)
    numbers.push_back(i == io::missing_integer ? nan : static_cast<double>(i));
  return numbers;
}

io::Column row_ids(const io::Table& table, const RowIds& ids) {
  const io::Column* own = find_column(table, "id");
  const bool is_id = own && own->width == 1 && !std::holds_alternative<io::Flags>(own->values) &&
                     (ids.may_be_real || !std::holds_alternative<io::Reals>(own->values));
  if (is_id) return {ids.name, "", ids.own, own->values, 1};
  io::Integers numbers(table.rows());
  std::iota(numbers.begin(), numbers.end(), 0);
  return {ids.name, "", ids.numbered, std::move(numbers), 1};
}

std::optional<double> njy_per(const std::string& unit) {
  static const std::map<std::string, double> known{{"nJy", 1}, {"uJy", 1e3}, {"mJy", 1e6}, {"Jy", 1e9}};
  const auto at = known.find(unit);
  return at == known.end() ? std::nullopt : std::optional(at->second);
}

std::optional<double> arcsec_per(const std::string& unit, double pixel_arcsec) {
  const std::map<std::string, double> known{
      {"arcsec", 1}, {"arcsecond", 1}, {"mas", 1e-3}, {"pix", pixel_arcsec}, {"pixel", pixel_arcsec}};
  const auto at = known.find(lower_case(unit));
  return at == known.end() ? std::nullopt : std::optional(at->second);
}

void require_degrees(const io::Column& column, const std::string& file) {
  const std::string unit = lower_case(column.unit);
  if (!unit.empty() && unit != "deg" && unit != "degree" && unit != "degrees")
    refuse(file, "column " + column.name, "the unit " + column.unit, "deg");
}

CatalogFile::CatalogFile(const std::string& text) {
  const HduPath path = input_hdu(text, "catalog");
  file_ = path.path.string();
  table_ = read_user_table(path);
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

io::Reals CatalogFile::numbers(const io::Column& column) const {
  if (auto numbers = numbers_of(column)) return *std::move(numbers);
  refuse(file_, "column " + column.name, "no numbers, or several a row", "one number a row");
}

io::Reals CatalogFile::degrees(const std::string& name, double low, double high) const {
  const io::Column* column = find(name);
  if (!column) refuse(file_, "column " + name, "none", "columns ra and dec, in degrees");
  require_degrees(*column, file_);
  io::Reals values = numbers(*column);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] < low || values[i] > high)
      refuse_value(*column, i, values[i], fmt::format("{:g} to {:g} degrees", low, high));
  return values;
}

const io::Column* CatalogFile::redshift_column(const std::optional<double>& option) const {
  const io::Column* column = find("z");
  if (!column && !option) refuse(file_, "column z", "none", "a column z, or --z");
  if (column && option)
    refuse(file_, "column z", "one, and --z " + fmt::format("{:g}", *option),
           "one of the two: drop --z, and each row has its own, or drop the column");
  return column;
}

io::Reals CatalogFile::redshifts(const std::optional<double>& option) const {
  const io::Column* column = redshift_column(option);
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

#include "engine/io/ecsv.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "engine/io/json.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::io {
namespace {

const char* datatype(const Column& column) {
  constexpr const char* names[] = {"float64", "int64", "string", "bool"};
  return names[column.values.index()];
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? "\"\"" : std::string(1, c);
  return result + "\"";
}

std::string field(const Column& column, std::size_t row) {
  if (const auto* reals = std::get_if<Reals>(&column.values))
    return std::isnan((*reals)[row]) ? "nan" : fmt::format("{}", (*reals)[row]);
  if (const auto* integers = std::get_if<Integers>(&column.values))
    return (*integers)[row] == missing_integer ? "" : fmt::format("{}", (*integers)[row]);
  if (const auto* texts = std::get_if<Texts>(&column.values)) return quoted((*texts)[row]);
  return std::get<Flags>(column.values)[row] ? "True" : "False";
}

// JSON strings are valid YAML scalars.
std::string yaml(const std::string& text) { return Json(text).dump(false); }

}  // namespace

void write_ecsv(const std::filesystem::path& path, const Table& table) {
  std::string text = "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n";
  for (const Column& column : table.columns()) {
    require(column.width == 1, "write_ecsv: columns are scalar");
    text += fmt::format("# - {{name: {}, {}datatype: {}, description: {}}}\n", yaml(column.name),
                        column.unit.empty() ? "" : fmt::format("unit: {}, ", yaml(column.unit)),
                        datatype(column), yaml(column.description));
  }
  if (!table.notes().empty()) text += "# meta: !!omap\n";
  for (const auto& [key, value] : table.notes()) text += fmt::format("# - {{{}: {}}}\n", key, yaml(value));
  text += "# schema: astropy-2.0\n";
  for (std::size_t i = 0; i < table.columns().size(); ++i) text += (i ? "," : "") + table.columns()[i].name;
  text += "\n";
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (std::size_t i = 0; i < table.columns().size(); ++i)
      text += (i ? "," : "") + field(table.columns()[i], row);
    text += "\n";
  }
  write_text(path, text);
}

}  // namespace arcproof::io

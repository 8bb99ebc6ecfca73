#include "recipes/program/commands/masses/correct.h"

#include "engine/core/error.h"
#include "engine/core/text.h"
#include "engine/io/fits.h"
#include "engine/io/json.h"
#include "recipes/program/commands/shared.h"
#include "recipes/program/commands/user_table.h"
#include "validation/correction/corrected.h"

#include <algorithm>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

namespace fs = std::filesystem;

io::Table table_of_run(const fs::path& file) {
  if (!fs::exists(file))
    throw InputError({file.string(), "--injections", "no such file", "the folder of a finished run"});
  return io::read_fits_table(file);
}

std::string reference_band(const fs::path& run) {
  const fs::path file = run / "manifest.json";
  if (!fs::exists(file))
    throw InputError({file.string(), "--injections", "no such file", "the folder of a finished run"});
  const io::Json manifest = io::read_json(file);
  const io::Json* recipe = manifest.is_object() ? manifest.find("recipe") : nullptr;
  const io::Json* band = recipe && recipe->is_object() ? recipe->find("reference_band") : nullptr;
  if (!band || !band->is_string())
    throw InputError(
        {file.string(), "recipe.reference_band", "no such key", "a manifest written by arcproof run"});
  return lower_case(band->as_string());
}

// Small letters, as the run's columns are called; those of earlier corrections left out.
io::Table readable(const io::Table& table) {
  io::Table result(table.name());
  for (io::Column column : table.columns()) {
    column.name = lower_case(column.name);
    if (column.name == "field" && !std::holds_alternative<io::Texts>(column.values))
      continue;  // numbers name no field of the run
    if (!validation::is_correction_column(column.name) && !result.has(column.name))
      result.add(std::move(column));
  }
  return result;
}

// Numbers in the unit that a run writes: what a correction reads of a column.
struct Expected {
  std::string name;
  std::vector<std::string> units;
  bool required = false;
};

std::vector<Expected> expected_columns(const io::Table& run, const std::string& band) {
  const std::vector<std::string> mag{"mag", "mag(AB)", "ABmag", ""}, njy{"nJy", ""};
  std::vector<Expected> all;
  for (const io::Column& column : run.columns()) {
    const std::string prefix = "measured_";
    if (!column.name.starts_with(prefix)) continue;
    const std::string name = column.name.substr(prefix.size());
    if (std::holds_alternative<io::Texts>(column.values)) continue;
    const bool required = name == "mag_" + band || name == "flux_" + band || name == "flux_" + band + "_err";
    all.push_back({name,
                   column.unit == "mag"   ? mag
                   : column.unit == "nJy" ? njy
                                          : std::vector{column.unit, std::string()},
                   required});
  }
  return all;
}

void check_columns(const io::Table& table, const io::Table& run, const std::string& file,
                   const std::string& band) {
  for (const Expected& column : expected_columns(run, band)) {
    if (!table.has(column.name)) {
      if (column.required)
        throw InputError(
            {file, "column " + column.name, "no such column", "the reference band of the run, " + band});
      continue;
    }
    const io::Column& given = table.column(column.name);
    if (std::holds_alternative<io::Texts>(given.values) || given.width != 1)
      throw InputError({file, "column " + column.name, "no numbers", "one number a row"});
    if (std::find(column.units.begin(), column.units.end(), given.unit) == column.units.end())
      throw InputError({file, "column " + column.name, "unit " + given.unit,
                        column.units.front().empty() ? "no unit" : column.units.front()});
  }
}

// A table that holds corrections already is one of ours; of another, a column of the same name is its own.
void check_names(const io::Table& given, const std::string& file) {
  bool ours = false;
  for (const io::Column& column : given.columns())
    ours = ours || lower_case(column.name) == "nearest_injections";
  if (ours) return;
  for (const io::Column& column : given.columns())
    if (validation::is_correction_column(lower_case(column.name)))
      throw InputError(
          {file, "column " + column.name, "the name of a column of corrections", "another name"});
}

}  // namespace

std::string run_correct(const CorrectArguments& a) {
  const HduPath file = input_hdu(a.catalog, "catalog");
  const io::Table given = read_user_table(file);
  if (!given.rows()) throw InputError({a.catalog, "catalog", "a table without rows", "one row or more"});
  check_names(given, a.catalog);
  const std::pair<std::string, fs::path> outputs[] = {{"-o", a.output}};
  const std::vector<std::string> inputs = {a.catalog, (a.run / "injections.fits").string(),
                                           (a.run / "measured.fits").string(),
                                           (a.run / "manifest.json").string()};
  check_outputs(outputs, inputs);
  io::Table catalogue = readable(given);
  validation::CorrectionOptions options = a.options;
  options.reference_band = reference_band(a.run);
  const io::Table injections = table_of_run(a.run / "injections.fits");
  check_columns(catalogue, injections, a.catalog, options.reference_band);
  if (!catalogue.has("selected"))
    catalogue.add("selected", "", "all rows", io::Flags(catalogue.rows(), true));
  const fs::path controls = a.run / "measured.fits";
  const io::Table measured = fs::exists(controls) ? io::read_fits_table(controls) : io::Table();
  const validation::CorrectionInput input{catalogue, injections, &measured};
  const validation::Correction correction(input, options, a.threads);
  const io::Table corrected = validation::corrected(input, correction);
  // The rows and columns that were given, then the corrections.
  io::Table result("CATALOG");
  for (const io::Column& column : given.columns())
    if (!validation::is_correction_column(lower_case(column.name))) result.add(column);
  for (const io::Column& column : corrected.columns())
    if (validation::is_correction_column(column.name)) result.add(column);
  io::write_fits_tables(a.output, {result, validation::corrected_counts(correction)});
  return fmt::format(
      "{} rows, {} recovered injections, {} objects that are no clumps; share of clumps {:.2f}; "
      "effective injections a row {:.0f} (median)\n{}\n",
      catalogue.rows(), correction.clumps(), correction.others(), correction.share_of_clumps(),
      correction.population().median_ess, a.output.string());
}

}  // namespace arcproof::commands

#include "recipes/program/commands/masses/correct.h"

#include "engine/core/error.h"
#include "engine/core/text.h"
#include "engine/io/fits.h"
#include "engine/io/json.h"
#include "recipes/program/commands/shared.h"
#include "recipes/program/commands/user_table.h"
#include "validation/correction/corrected.h"

#include <algorithm>

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
    if (!validation::is_correction_column(column.name) && !result.has(column.name))
      result.add(std::move(column));
  }
  return result;
}

void check_columns(const io::Table& table, const std::string& file, const std::string& band) {
  for (const std::string& name : {"mag_" + band, "flux_" + band, "flux_" + band + "_err"})
    if (!table.has(name))
      throw InputError({file, "column " + name, "no such column", "the reference band of the run, " + band});
}

}  // namespace

std::string run_correct(const CorrectArguments& a) {
  const HduPath file = input_hdu(a.catalog, "catalog");
  const io::Table given = read_user_table(file);
  if (!given.rows()) throw InputError({a.catalog, "catalog", "a table without rows", "one row or more"});
  io::Table catalogue = readable(given);
  validation::CorrectionOptions options = a.options;
  options.reference_band = reference_band(a.run);
  check_columns(catalogue, a.catalog, options.reference_band);
  if (!catalogue.has("selected"))
    catalogue.add("selected", "", "all rows", io::Flags(catalogue.rows(), true));
  const io::Table injections = table_of_run(a.run / "injections.fits");
  const fs::path controls = a.run / "measured.fits";
  const io::Table measured = fs::exists(controls) ? io::read_fits_table(controls) : io::Table();
  const validation::CorrectionInput input{catalogue, injections, &measured};
  const validation::Correction correction(input, options, a.threads);
  io::Table result = validation::corrected(input, correction);
  result.rename("CATALOG");
  io::write_fits_tables(a.output, {result, validation::corrected_counts(correction)});
  return fmt::format(
      "{} rows, {} recovered injections, {} objects that are no clumps; share of clumps {:.2f}; "
      "effective injections a row {:.0f} (median)\n{}\n",
      catalogue.rows(), correction.clumps(), correction.others(), correction.share_of_clumps(),
      correction.population().median_ess, a.output.string());
}

}  // namespace arcproof::commands

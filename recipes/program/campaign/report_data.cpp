#include "recipes/program/campaign/report_data.h"

#include "engine/core/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

io::Json notes_json(const Recipe& recipe, const Inputs& inputs, const std::vector<FieldSetup>& fields) {
  io::Json notes = io::Json::array();
  const bool real_sky = std::any_of(recipe.fields.begin(), recipe.fields.end(),
                                    [](const FieldRecipe& f) { return !f.exposures.empty(); });
  if (inputs.analysis_library->name == "analytic" && recipe.run_sed)
    notes.push_back(
        std::string("Masses and ages come from the embedded analytic stellar library") +
        (real_sky ? ": for science on real exposures give a library of your own (analysis_library)." : "."));
  for (const BandRecipe& band : recipe.bands)
    if (band.psf.file.empty() && real_sky)
      notes.push_back(band.name + ": the PSF is the embedded parametric one, the exposures are real.");
  if (!inputs.same_lens && recipe.run_mass_function && recipe.run_sed)
    notes.push_back(
        "Images of one clump are joined where their source positions, within the errors of the analysis "
        "lens, and "
        "their intrinsic fluxes agree. Pairs that are missed count a clump several times in the mass "
        "function.");
  if (inputs.same_lens)
    notes.push_back(
        "Truth and analysis use the same lens model: magnification errors are not tested by this run.");
  for (const FieldSetup& field : fields)
    for (std::size_t b = 0; b < recipe.bands.size(); ++b)
      if (recipe.run_sed && !field.analysis.grid.usable_band[b])
        notes.push_back(
            fmt::format("{}: {} is not used by the SED fit (Lyman-alpha, or outside the library).",
                        field.name, recipe.bands[b].name));
  if (recipe.run_sed && recipe.pipeline.sed.min_bands > static_cast<int>(recipe.bands.size()))
    notes.push_back(
        fmt::format("No masses and ages: pipeline.sed.min_bands asks for {} bands, the recipe has {}.",
                    recipe.pipeline.sed.min_bands, recipe.bands.size()));
  for (const std::string& note : inputs.notes) notes.push_back(note);
  return notes;
}

}  // namespace

io::Json report_json(const RunData& run) {
  const Recipe& recipe = run.recipe;
  io::Json json = io::Json::object();
  json["recipe"] = recipe.name;
  json["title"] = recipe.title;
  json["seed"] = recipe.seed;
  json["reference_band"] = lower_case(recipe.reference_band);
  io::Json bands = io::Json::array();
  for (const BandRecipe& band : recipe.bands) bands.push_back(lower_case(band.name));
  json["bands"] = std::move(bands);
  json["pixel_scale_arcsec"] =
      run.fields.front().exposures[run.fields.front().analysis.reference].pixel_scale_arcsec;
  json["min_mass_msun"] = recipe.mass_function.min_mass_msun;
  io::Json numbers = io::Json::object();
  for (const auto& [name, value] : run.metrics.all()) numbers[name] = value;
  json["metrics"] = std::move(numbers);
  json["notes"] = notes_json(recipe, run.inputs, run.fields);
  for (const auto& [key, value] : run.report.as_object()) json[key] = value;
  return json;
}

}  // namespace arcproof::recipes

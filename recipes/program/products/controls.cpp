#include "recipes/program/products/controls.h"

#include "engine/core/statistics.h"
#include "engine/core/text.h"
#include "engine/io/fits.h"
#include "validation/chance.h"

namespace arcproof::recipes {
namespace {

std::vector<validation::SearchedField> searched_fields(const RunData& run) {
  std::vector<validation::SearchedField> searched;
  for (const FieldSetup& field : run.fields)
    searched.push_back(
        {field.name, field.host_area_arcsec2, field.exposures[field.analysis.reference].pixel_scale_arcsec});
  return searched;
}

double depth_of_reference(const RunData& run) {
  std::vector<double> depths;
  for (const FieldSetup& field : run.fields)
    depths.push_back(field.sky[field.analysis.reference].depth.mag_ab);
  return statistics::median(depths);
}

void make_controls(RunData& run) {
  const io::Table chance = validation::chance_table(run.injections, run.placeholders, run.catalogue,
                                                    searched_fields(run), run.recipe.match);
  validation::set_chance_metrics(chance, depth_of_reference(run), run.metrics);
  io::write_fits_tables(run.output / "chance.fits", {chance, run.placeholders});
  io::write_fits_tables(run.output / "measured.fits", {run.measured, run.areas});
}

}  // namespace

const Product controls_product = {{"chance.fits", "measured.fits"},
                                  always_asked_for,
                                  [](const Recipe&) { return validation::chance_metrics(); },
                                  make_controls,
                                  {}};

}  // namespace arcproof::recipes

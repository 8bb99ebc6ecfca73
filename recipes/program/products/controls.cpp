#include "recipes/program/products/controls.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/io/fits.h"
#include "recipes/program/products/study_options.h"
#include "validation/checks/chance.h"
#include "validation/checks/error_factor.h"
#include "validation/checks/nulls.h"
#include "validation/checks/purity.h"

#include <cmath>

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

// The largest of all fields.
double band_noise_of(const RunData& run) {
  double largest = nan;
  for (const FieldSetup& field : run.fields)
    if (std::isfinite(field.band_noise_correlation) &&
        !(std::abs(field.band_noise_correlation) <= std::abs(largest)))
      largest = field.band_noise_correlation;
  return largest;
}

std::vector<validation::MetricDescription> control_metrics(const Recipe& recipe) {
  std::vector<validation::MetricDescription> all = validation::chance_metrics();
  validation::add_to(all, validation::null_metrics(metric_options(recipe).bands));
  all.push_back(
      {"null.band_noise_correlation", "",
       "largest correlation between the noise of two bands on one grid: 0 where errors are independent"});
  if (!recipe.injection.pairs) validation::add_to(all, validation::crowding_metrics());  // pairs are meant to
  validation::add_to(all, validation::purity_metrics());
  validation::add_to(all, validation::error_factor_metrics());
  return all;
}

void make_controls(RunData& run) {
  const io::Table chance = validation::chance_table(run.injections, run.placeholders, run.catalogue,
                                                    searched_fields(run), run.recipe.match);
  validation::set_chance_metrics(chance, depth_of_reference(run), run.metrics);
  const validation::MetricOptions options = metric_options(run.recipe);
  validation::set_null_metrics(run.injections, options.bands, options.reference_band, run.recipe.seed,
                               run.metrics);
  if (!options.has_pairs) validation::set_crowding_metrics(run.injections, run.metrics);
  run.metrics.set("null.band_noise_correlation", band_noise_of(run));
  double host_area = 0;
  for (const FieldSetup& field : run.fields) host_area += field.host_area_arcsec2;
  validation::set_purity_metrics(run.catalogue, run.host_truth, run.areas, host_area, options.reference_band,
                                 run.metrics);
  const io::Table factors = validation::error_factor_table(run.injections, options.reference_band);
  validation::set_error_factor_metrics(factors, run.metrics);
  io::write_fits_tables(run.output / "error_factor.fits", {factors});
  io::write_fits_tables(run.output / "chance.fits", {chance, run.placeholders});
  io::write_fits_tables(run.output / "measured.fits", {run.measured, run.areas});
}

}  // namespace

const Product controls_product = {{"chance.fits", "measured.fits", "error_factor.fits"},
                                  always_asked_for,
                                  control_metrics,
                                  make_controls,
                                  {}};

}  // namespace arcproof::recipes

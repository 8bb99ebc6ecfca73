#include "recipes/program/products/measurement.h"

#include "engine/io/ecsv.h"
#include "engine/io/fits.h"
#include "recipes/program/products/study_options.h"
#include "reports/sections/bias.h"
#include "reports/sections/completeness.h"
#include "reports/sections/examples.h"
#include "reports/sections/outcomes.h"
#include "reports/sections/science/science_catalogue.h"
#include "reports/sections/truth.h"
#include "validation/metrics/metrics.h"
#include "validation/tables.h"

namespace arcproof::recipes {
namespace {

std::vector<validation::MetricDescription> measurement_metrics(const Recipe& recipe) {
  return validation::run_metrics(metric_options(recipe));
}

std::vector<validation::FieldDepth> depths_of(const RunData& run) {
  std::vector<validation::FieldDepth> depths(run.fields.size());
  for (std::size_t f = 0; f < run.fields.size(); ++f)
    for (const pipeline::BandSky& band : run.fields[f].sky) depths[f].mag_ab.push_back(band.depth.mag_ab);
  return depths;
}

void make_measurement(RunData& run) {
  const validation::TableOptions options = table_options(run.recipe);
  const auto axes = validation::axes_of(options, run.injections);
  const validation::BiasProducts bias = validation::bias_products(options, run.injections, axes);
  validation::set_metrics(
      metric_options(run.recipe),
      {run.injections, run.catalogue, run.host_truth, bias.bias, bias.coverage, depths_of(run)}, run.metrics);
  io::write_fits_tables(run.output / "injections.fits", {run.injections});
  if (run.examples.rows()) io::write_fits_tables(run.output / "examples.fits", {run.examples});
  io::write_fits_tables(run.output / "science_catalog.fits", {run.catalogue});
  io::write_ecsv(run.output / "science_catalog.ecsv", run.catalogue);
  if (run.host_truth.rows()) io::write_fits_tables(run.output / "host_truth.fits", {run.host_truth});
  io::write_fits_tables(run.output / "completeness.fits",
                        validation::completeness_products(run.injections, axes));
  io::write_fits_tables(run.output / "bias.fits", {bias.bias, bias.coverage});
}

}  // namespace

const Product measurement_product = {
    {"injections.fits", "examples.fits", "science_catalog.fits", "science_catalog.ecsv", "host_truth.fits",
     "completeness.fits", "bias.fits"},
    always_asked_for,
    measurement_metrics,
    make_measurement,
    {reports::completeness_section, reports::bias_section, reports::truth_section, reports::outcomes_section,
     reports::examples_section, reports::science_section}};

}  // namespace arcproof::recipes

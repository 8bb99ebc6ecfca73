#include "recipes/program/products/studies/mass_function.h"

#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "reports/sections/convergence.h"
#include "reports/sections/science/mass_function.h"
#include "validation/studies/mass_function_metrics.h"
#include "validation/studies/mass_function_tables.h"

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

bool is_fitted(const Recipe& recipe) { return recipe.run_mass_function && recipe.run_sed; }

std::vector<validation::MetricDescription> mass_function_metrics(const Recipe& recipe) {
  if (!is_fitted(recipe)) return {};
  return studies::mass_function_metrics(corrects_mass_function(recipe));
}

// CORRECTED, and one sentence for each model that could not be fitted.
io::Table corrected_table(RunData& run, std::span<const population::ClusterMass> clusters) {
  const Recipe& recipe = run.recipe;
  const auto images = studies::read_injected_images(run.injections, "injections.fits",
                                                    lower_case(recipe.reference_band), true);
  const mocks::Range& drawn = recipe.population.mass_msun;
  const auto fits =
      studies::fit_corrected(clusters, images, {drawn.low, drawn.high}, 0, recipe.mass_function, run.threads);
  studies::set_corrected_metrics(fits, run.metrics);
  for (const population::CorrectedFit& fit : fits)
    if (!fit.message.empty())
      run.report["not_corrected"].push_back(
          fmt::format("{}: {}", population::name_of(fit.model), fit.message));
  return studies::corrected_table(fits);
}

void fit(RunData& run) {
  const auto clusters = studies::read_clusters(run.catalogue, "science_catalog.fits", nan).clusters;
  studies::PublishedMassFunctions published =
      studies::fit_published(clusters, run.recipe.mass_function, run.recipe.seed, run.threads);
  studies::set_published_metrics(published, run.metrics);
  if (corrects_mass_function(run.recipe)) published.tables.push_back(corrected_table(run, clusters));
  io::write_fits_tables(run.output / "mass_function.fits", published.tables);
  io::write_json(run.output / "convergence.json", published.convergence);
  run.report["at_prior_edge"] = std::move(published.at_prior_edge);
}

void make_mass_function(RunData& run) {
  run.report["at_prior_edge"] = io::Json::array();
  run.report["not_corrected"] = io::Json::array();
  if (is_fitted(run.recipe)) fit(run);
  else io::write_json(run.output / "convergence.json", io::Json::object());
}

}  // namespace

const Product mass_function_product = {{"mass_function.fits", "convergence.json"},
                                       always_asked_for,
                                       mass_function_metrics,
                                       make_mass_function,
                                       {reports::mass_function_section, reports::convergence_section}};

}  // namespace arcproof::recipes

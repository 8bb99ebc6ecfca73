#include "recipes/program/campaign/science.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/core/text.h"
#include "engine/pipeline/catalogue.h"
#include "engine/pipeline/counter_images.h"
#include "engine/population/mass_function.h"
#include "recipes/program/campaign/realisation.h"
#include "validation/studies/mass_function_tables.h"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

io::Table only_host_rows(const io::Table& table) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < table.rows(); ++i)
    if (!table.texts("host")[i].empty()) rows.push_back(i);
  return table.select(rows);
}

void set_metrics(const population::MassFunctionFit& fit, const io::Json& convergence,
                 validation::Metrics& metrics) {
  const std::string model = std::string("mass_function.") + population::name_of(fit.model);
  for (const population::ParameterSummary& p : fit.parameters) {
    metrics.set(model + "." + p.name + ".median", p.median);
    metrics.set(model + "." + p.name + ".q16", p.low);
    metrics.set(model + "." + p.name + ".q84", p.high);
    for (const char* key : {"r_hat_between_ensembles", "ess_bulk", "ess_tail", "length_over_tau"})
      metrics.set(fmt::format("convergence.{}.{}.{}", population::name_of(fit.model), p.name, key),
                  convergence.at(p.name).at(key).as_double());
  }
}

void set_metrics(const population::CorrectedFit& fit, validation::Metrics& metrics) {
  for (const population::CorrectedParameter& p : fit.parameters) {
    const std::string name =
        fmt::format("mass_function.corrected.{}.{}.", population::name_of(fit.model), p.name);
    metrics.set(name + "median", p.median);
    metrics.set(name + "q16", p.low);
    metrics.set(name + "q84", p.high);
    metrics.set(name + "n_eff", fit.effective_injections);
  }
}

// CORRECTED, and one sentence for each model that could not be fitted.
void add_corrected(const Recipe& recipe, std::span<const population::ClusterMass> clusters,
                   const io::Table& injections, int threads, MassFunctionProducts& products,
                   validation::Metrics& metrics) {
  const auto images =
      studies::read_injected_images(injections, "injections.fits", lower_case(recipe.reference_band), true);
  const mocks::Range& drawn = recipe.population.mass_msun;
  const auto fits =
      studies::fit_corrected(clusters, images, {drawn.low, drawn.high}, 0, recipe.mass_function, threads);
  for (const population::CorrectedFit& fit : fits) {
    set_metrics(fit, metrics);
    if (!fit.message.empty())
      products.notes.push_back(fmt::format("{}: {}", population::name_of(fit.model), fit.message));
  }
  products.tables.push_back(studies::corrected_table(fits));
}

}  // namespace

io::Table science_catalogue(const Recipe& recipe, const std::vector<FieldSetup>& fields, int threads) {
  io::Table all("CATALOG");
  for (const FieldSetup& field : fields) {
    // Realisation -1 - number: streams of their own, apart from all injections.
    const StreamName stream{recipe.seed, {}, -1 - field.number};
    const auto clumps = pipeline::measure_field(field.analysis, field.exposures, field.sky, {},
                                                recipe.pipeline, stream, threads);
    io::Table table = pipeline::catalogue(field.analysis, clumps);
    io::Integers counter;
    for (const std::int64_t brightest : pipeline::counter_images(field.analysis, clumps))
      counter.push_back(brightest < 0 ? io::missing_integer : clumps[static_cast<std::size_t>(brightest)].id);
    table.add("counter_image_of", "", "detection_id of the image of the same clump with the highest S/N",
              std::move(counter));
    all.append(only_host_rows(table));
  }
  return all;
}

io::Table host_truth(const Recipe& recipe, const std::vector<FieldSetup>& fields) {
  io::Table all("HOST_TRUTH");
  for (const FieldSetup& field : fields) {
    std::vector<InjectedClump> clumps;
    for (std::size_t k = 0; k < field.host_clumps.size(); ++k)
      clumps.push_back(
          {static_cast<std::int64_t>(k), field.host_clumps[k].clump, field.host_clumps[k].images});
    if (!clumps.empty()) all.append(truth_table(recipe, field, -1 - field.number, clumps));
  }
  return all;
}

bool corrects_mass_function(const Recipe& recipe) {
  const mocks::Range& mag = recipe.population.observed_mag_ab;
  return recipe.correct_mass_function && recipe.run_mass_function && recipe.run_sed && !(mag.high > mag.low);
}

MassFunctionProducts fit_mass_functions(const Recipe& recipe, const io::Table& catalogue,
                                        const io::Table& injections, int threads,
                                        validation::Metrics& metrics) {
  const auto clusters = studies::read_clusters(catalogue, "science_catalog.fits", nan).clusters;
  studies::PublishedMassFunctions published =
      studies::fit_published(clusters, recipe.mass_function, recipe.seed, threads);
  metrics.set("mass_function.n_clusters", published.clusters);
  for (const population::MassFunctionFit& fit : published.fits)
    set_metrics(fit, published.convergence.at(population::name_of(fit.model)), metrics);
  MassFunctionProducts products{std::move(published.tables), std::move(published.convergence),
                                std::move(published.at_prior_edge), io::Json::array()};
  if (corrects_mass_function(recipe)) add_corrected(recipe, clusters, injections, threads, products, metrics);
  return products;
}

}  // namespace arcproof::recipes

#include "recipes/science.h"

#include "engine/core/statistics.h"
#include "engine/pipeline/counter_images.h"
#include "engine/population/mass_function.h"
#include "recipes/realisation.h"
#include "validation/convergence.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

constexpr int chain_rows = 20000;  // kept per model in mass_function.fits: every n-th step

io::Table only_host_rows(const io::Table& table) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < table.rows(); ++i)
    if (!table.texts("host")[i].empty()) rows.push_back(i);
  return table.select(rows);
}

std::vector<population::ClusterMass> clusters_of(const io::Table& catalogue) {
  std::vector<population::ClusterMass> clusters;
  for (std::size_t i = 0; i < catalogue.rows(); ++i) {
    if (!catalogue.flags("selected")[i] || catalogue.texts("sed_status")[i] != "fitted") continue;
    if (catalogue.integers("counter_image_of")[i] != io::missing_integer) continue;
    const auto half = [&](const char* name) {
      return 0.5 * (catalogue.reals(std::string(name) + "_q84")[i] -
                    catalogue.reals(std::string(name) + "_q16")[i]);
    };
    clusters.push_back({catalogue.reals("log_mass_msun")[i],
                        std::hypot(half("log_mass_msun"), catalogue.reals("log_mass_mu_err")[i]),
                        catalogue.reals("log_age_yr")[i], half("log_age_yr")});
  }
  return clusters;
}

struct SummaryRows {
  io::Texts model, parameter;
  io::Integers objects;
  io::Reals median, low, high, mode, boot_median, boot_low, boot_high;

  void add(const char* model_name, int n, const population::ParameterSummary& p,
           const std::vector<double>& bootstrap) {
    model.emplace_back(model_name);
    parameter.push_back(p.name);
    objects.push_back(n);
    median.push_back(p.median);
    low.push_back(p.low);
    high.push_back(p.high);
    mode.push_back(p.mode);
    const double points[] = {0.5, 0.16, 0.84};
    const auto q = statistics::quantiles(bootstrap, points);
    boot_median.push_back(q[0]);
    boot_low.push_back(q[1]);
    boot_high.push_back(q[2]);
  }

  io::Table table() && {
    io::Table t("MASSFUNC");
    t.add("model", "", "power_law: M^beta; schechter: M^beta exp(-M / M_c); above the minimum mass",
          std::move(model));
    t.add("parameter", "", "beta, or log10 M_c [solMass]", std::move(parameter));
    t.add("n_clusters", "", "clusters in the fit", std::move(objects));
    t.add("median", "", "of the posterior", std::move(median));
    t.add("q16", "", "16% quantile of the posterior", std::move(low));
    t.add("q84", "", "84% quantile of the posterior", std::move(high));
    t.add("mode", "", "of the posterior, by Gaussian KDE", std::move(mode));
    t.add("bootstrap_median", "", "maxima of the posterior over redrawn masses and ages: median",
          std::move(boot_median));
    t.add("bootstrap_q16", "", "16% quantile", std::move(boot_low));
    t.add("bootstrap_q84", "", "84% quantile", std::move(boot_high));
    return t;
  }
};

std::vector<double> bootstrap_of(const std::vector<double>& all, std::size_t parameter,
                                 std::size_t dimensions) {
  std::vector<double> values;
  for (std::size_t i = parameter; i < all.size(); i += dimensions)
    if (std::isfinite(all[i])) values.push_back(all[i]);
  return values;
}

io::Table chain_table(const population::MassFunctionFit& fit, int burn_in) {
  io::Integers ensemble, walker, step;
  std::vector<io::Reals> values(fit.parameters.size());
  io::Reals density;
  const population::EnsembleChain& first = fit.chains.front();
  const int rows = static_cast<int>(fit.chains.size()) * first.walkers * (first.steps - burn_in);
  const int every = std::max(1, rows / chain_rows);
  for (std::size_t e = 0; e < fit.chains.size(); ++e)
    for (int s = burn_in; s < first.steps; s += every)
      for (int w = 0; w < first.walkers; ++w) {
        ensemble.push_back(static_cast<std::int64_t>(e));
        walker.push_back(w);
        step.push_back(s);
        for (std::size_t p = 0; p < values.size(); ++p)
          values[p].push_back(fit.chains[e].value(s, w, static_cast<int>(p)));
        density.push_back(fit.chains[e].log_density[static_cast<std::size_t>(s) * first.walkers + w]);
      }
  io::Table table(std::string("CHAIN_") + population::name_of(fit.model));
  table.add("ensemble", "", "independent run of the sampler", std::move(ensemble));
  table.add("step", "", "step of the walker", std::move(step));
  table.add("walker", "", "walker of the ensemble", std::move(walker));
  for (std::size_t p = 0; p < values.size(); ++p)
    table.add(fit.parameters[p].name, "", "parameter of the model", std::move(values[p]));
  table.add("log_density", "", "log posterior density, not normalised", std::move(density));
  return table;
}

std::vector<validation::Chains> walkers_of(const population::MassFunctionFit& fit, int parameter,
                                           int burn_in) {
  std::vector<validation::Chains> ensembles;
  for (const population::EnsembleChain& chain : fit.chains) {
    validation::Chains walkers(static_cast<std::size_t>(chain.walkers));
    for (int w = 0; w < chain.walkers; ++w)
      for (int s = burn_in; s < chain.steps; ++s)
        walkers[static_cast<std::size_t>(w)].push_back(chain.value(s, w, parameter));
    ensembles.push_back(std::move(walkers));
  }
  return ensembles;
}

io::Json convergence_of(const population::MassFunctionFit& fit, int parameter, int burn_in) {
  const validation::ConvergenceSummary c =
      validation::summarise_convergence(walkers_of(fit, parameter, burn_in));
  double acceptance = 0;
  for (const population::EnsembleChain& chain : fit.chains)
    acceptance += chain.acceptance / static_cast<double>(fit.chains.size());
  io::Json json = io::Json::object();
  json["r_hat"] = c.r_hat;
  json["r_hat_between_ensembles"] = c.r_hat_between_ensembles;
  json["ess_bulk"] = c.ess_bulk;
  json["ess_tail"] = c.ess_tail;
  json["mcse_median"] = c.mcse_median;
  json["mcse_q16"] = c.mcse_q16;
  json["mcse_q84"] = c.mcse_q84;
  json["autocorrelation_time"] = c.autocorrelation_time;
  json["length_over_tau"] = c.length_over_tau;
  json["acceptance"] = acceptance;
  json["converged"] = c.converged;
  return json;
}

// Names the parameters whose mode lies at the end of their prior.
void note_edges(const population::MassFunctionFit& fit, const population::MassFunctionOptions& o,
                io::Json& list) {
  constexpr double near_edge = 0.02;  // of the prior's width
  for (const population::ParameterSummary& p : fit.parameters) {
    const bool slope = p.name == "beta";
    const double low = slope ? o.beta_low : std::log10(o.min_mass_msun),
                 high = slope ? o.beta_high : o.log_cutoff_high;
    if (std::min(p.mode - low, high - p.mode) < near_edge * (high - low))
      list.push_back(std::string(population::name_of(fit.model)) + ", " + p.name);
  }
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

MassFunctionProducts fit_mass_functions(const Recipe& recipe, const io::Table& catalogue,
                                        validation::Metrics& metrics) {
  const std::vector<population::ClusterMass> clusters = clusters_of(catalogue);
  const std::vector<double> masses = population::select_masses(clusters, recipe.mass_function);
  MassFunctionProducts products;
  products.convergence = io::Json::object();
  products.at_prior_edge = io::Json::array();
  metrics.set("mass_function.n_clusters", static_cast<double>(masses.size()));
  SummaryRows rows;
  std::vector<io::Table> chains;
  for (const auto model :
       {population::MassFunctionModel::power_law, population::MassFunctionModel::schechter}) {
    const population::MassFunctionFit fit =
        population::fit_mass_function(model, masses, recipe.mass_function, recipe.seed);
    if (fit.chains.empty()) continue;
    const auto bootstrap =
        population::bootstrap_mass_function(model, clusters, recipe.mass_function, recipe.seed);
    io::Json convergence = io::Json::object();
    for (std::size_t p = 0; p < fit.parameters.size(); ++p) {
      rows.add(population::name_of(model), fit.objects, fit.parameters[p],
               bootstrap_of(bootstrap, p, fit.parameters.size()));
      convergence[fit.parameters[p].name] =
          convergence_of(fit, static_cast<int>(p), recipe.mass_function.burn_in);
    }
    set_metrics(fit, convergence, metrics);
    note_edges(fit, recipe.mass_function, products.at_prior_edge);
    products.convergence[population::name_of(model)] = std::move(convergence);
    chains.push_back(chain_table(fit, recipe.mass_function.burn_in));
  }
  products.tables.push_back(std::move(rows).table());
  for (io::Table& chain : chains) products.tables.push_back(std::move(chain));
  return products;
}

}  // namespace arcproof::recipes

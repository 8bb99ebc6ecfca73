#include "validation/studies/mass_function_tables.h"

#include "engine/core/parallel.h"
#include "engine/core/statistics.h"
#include "validation/convergence.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::studies {
namespace {

using population::CorrectedFit;
using population::MassFunctionFit;
using population::MassFunctionModel;
using population::MassFunctionOptions;

constexpr int chain_rows = 20000;  // kept per model in mass_function.fits: every n-th step
constexpr std::array models = {MassFunctionModel::power_law, MassFunctionModel::schechter};

// ---- MASSFUNC

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
    t.add("mode_redrawn_median", "",
          "maxima of the posterior when masses and ages are redrawn within their errors: median "
          "(measurement errors alone: no interval for the parameter)",
          std::move(boot_median));
    t.add("mode_redrawn_q16", "", "16% quantile", std::move(boot_low));
    t.add("mode_redrawn_q84", "", "84% quantile", std::move(boot_high));
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

// ---- chains

io::Table chain_table(const MassFunctionFit& fit) {
  io::Integers ensemble, walker, step;
  std::vector<io::Reals> values(fit.parameters.size());
  io::Reals density;
  const inference::EnsembleChain& first = fit.chains.front();
  const int rows = static_cast<int>(fit.chains.size()) * first.walkers * (first.steps - fit.burn_in);
  const int every = std::max(1, rows / chain_rows);
  for (std::size_t e = 0; e < fit.chains.size(); ++e)
    for (int s = fit.burn_in; s < first.steps; s += every)
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

std::vector<validation::Chains> walkers_of(const MassFunctionFit& fit, int parameter) {
  std::vector<validation::Chains> ensembles;
  for (const inference::EnsembleChain& chain : fit.chains)
    ensembles.push_back(chain.walker_series(parameter, fit.burn_in));
  return ensembles;
}

io::Json convergence_of(const MassFunctionFit& fit, int parameter) {
  const validation::ConvergenceSummary c = validation::summarise_convergence(walkers_of(fit, parameter));
  double acceptance = 0;
  for (const inference::EnsembleChain& chain : fit.chains)
    acceptance += chain.acceptance / static_cast<double>(fit.chains.size());
  io::Json json = io::Json::object();
  json["r_hat"] = c.r_hat;
  json["r_hat_between_ensembles"] = c.r_hat_between_ensembles;
  json["ess_bulk"] = c.ess_bulk;
  json["ess_tail"] = c.ess_tail;
  json["ess_per_chain"] = c.ess_per_chain;
  json["mcse_median"] = c.mcse_median;
  json["mcse_q16"] = c.mcse_q16;
  json["mcse_q84"] = c.mcse_q84;
  json["autocorrelation_time"] = c.autocorrelation_time;
  json["length_over_tau"] = c.length_over_tau;
  json["acceptance"] = acceptance;
  json["steps"] = fit.chains.front().steps;
  json["converged"] = c.converged;
  return json;
}

// Whether the posterior has not fallen off before an end of its prior: there a 25th of the prior holds nearly
// as many draws as the fullest does. (The mode by KDE tells less: beyond the end the kernel has no draws, so
// that the mode lies inside.)
bool piles_up(const std::vector<double>& draws, double low, double high) {
  constexpr int parts = 25;
  constexpr double nearly = 0.8;
  std::array<int, parts> counts{};
  for (const double v : draws)
    ++counts[static_cast<std::size_t>(
        std::clamp(static_cast<int>(parts * (v - low) / (high - low)), 0, parts - 1))];
  const int fullest = *std::max_element(counts.begin(), counts.end());
  return std::max(counts.front(), counts.back()) > nearly * fullest;
}

// Names the parameters whose posterior piles up at an end of its prior.
void note_edges(const MassFunctionFit& fit, const MassFunctionOptions& o, io::Json& list) {
  for (std::size_t p = 0; p < fit.parameters.size(); ++p) {
    const std::string& name = fit.parameters[p].name;
    const bool slope = name == "beta";
    const double low = slope ? o.beta_low : std::log10(o.min_mass_msun),
                 high = slope ? o.beta_high : o.log_cutoff_high;
    if (piles_up(inference::pooled(fit.chains, static_cast<int>(p), fit.burn_in), low, high))
      list.push_back(std::string(population::name_of(fit.model)) + ", " + name);
  }
}

struct Fitted {
  MassFunctionFit fit;
  io::Json convergence = io::Json::object();  // by parameter
  std::vector<double> bootstrap;
};

bool has_converged(const io::Json& parameters) {
  const auto& all = parameters.as_object();
  return std::all_of(all.begin(), all.end(),
                     [](const auto& p) { return p.second.at("converged").as_bool(); });
}

// Chains of twice the steps, burn-in too, while they have not converged and may be longer; the longer one
// begins as the shorter.
void fit_chains(population::MassFunctionModel model, std::span<const double> masses,
                MassFunctionOptions options, std::uint64_t seed, Fitted& fitted) {
  for (;;) {
    MassFunctionFit& fit = fitted.fit = population::fit_mass_function(model, masses, options, seed);
    if (fit.chains.empty()) return;
    for (std::size_t p = 0; p < fit.parameters.size(); ++p)
      fitted.convergence[fit.parameters[p].name] = convergence_of(fit, static_cast<int>(p));
    if (has_converged(fitted.convergence) || options.sampler.steps > options.max_steps / 2) return;
    options.sampler.steps *= 2;
    options.burn_in *= 2;
  }
}

}  // namespace

PublishedMassFunctions fit_published(std::span<const population::ClusterMass> clusters,
                                     const MassFunctionOptions& options, std::uint64_t seed, int threads) {
  const std::vector<double> masses = population::select_masses(clusters, options);
  std::array<Fitted, models.size()> fitted;
  parallel_for(models.size(), threads, [&](std::size_t m) {
    fit_chains(models[m], masses, options, seed, fitted[m]);
    if (!fitted[m].fit.chains.empty())
      fitted[m].bootstrap = population::bootstrap_mass_function(models[m], clusters, options, seed);
  });
  PublishedMassFunctions out;
  out.clusters = static_cast<int>(masses.size());
  out.convergence = io::Json::object();
  out.at_prior_edge = io::Json::array();
  SummaryRows rows;
  std::vector<io::Table> chains;
  for (auto& [fit, convergence, bootstrap] : fitted) {
    if (fit.chains.empty()) continue;
    for (std::size_t p = 0; p < fit.parameters.size(); ++p)
      rows.add(population::name_of(fit.model), fit.objects, fit.parameters[p],
               bootstrap_of(bootstrap, p, fit.parameters.size()));
    note_edges(fit, options, out.at_prior_edge);
    out.convergence[population::name_of(fit.model)] = std::move(convergence);
    chains.push_back(chain_table(fit));
    out.fits.push_back(std::move(fit));
  }
  out.tables.push_back(std::move(rows).table());
  for (io::Table& chain : chains) out.tables.push_back(std::move(chain));
  return out;
}

std::vector<CorrectedFit> fit_corrected(std::span<const population::ClusterMass> clusters,
                                        std::span<const population::InjectedClumpImage> images,
                                        const population::InjectedMasses& drawn, double lowest_mass_msun,
                                        const MassFunctionOptions& options, int threads) {
  const auto injections = population::measured_by_clump(images, drawn, options);
  const double lowest =
      lowest_mass_msun > 0 ? lowest_mass_msun : std::min(drawn.low_msun, options.min_mass_msun);
  std::vector<CorrectedFit> fits(models.size());
  parallel_for(models.size(), threads, [&](std::size_t m) {
    fits[m] = population::correct_mass_function(models[m], clusters, injections, lowest, options);
  });
  return fits;
}

io::Table corrected_table(std::span<const CorrectedFit> fits) {
  io::Texts model, parameter, status;
  io::Reals median, low, high, error, n_eff, uncovered, needed;
  io::Integers clusters, injections, found;
  for (const CorrectedFit& fit : fits)
    for (const population::CorrectedParameter& p : fit.parameters) {
      model.emplace_back(population::name_of(fit.model));
      parameter.push_back(p.name);
      median.push_back(p.median);
      low.push_back(p.low);
      high.push_back(p.high);
      error.push_back(p.monte_carlo_error);
      n_eff.push_back(fit.effective_injections);
      clusters.push_back(fit.clusters);
      injections.push_back(fit.injections);
      found.push_back(fit.found);
      uncovered.push_back(fit.uncovered);
      needed.push_back(fit.injections_needed);
      status.emplace_back(population::name_of(fit.status));
    }
  io::Table t("CORRECTED");
  t.add("model", "", "as in MASSFUNC; mass errors and selection are part of the likelihood",
        std::move(model));
  t.add("parameter", "", "beta, or log10 M_c [solMass]", std::move(parameter));
  t.add("median", "", "of the posterior", std::move(median));
  t.add("q16", "", "16% quantile of the posterior, with monte_carlo_error in quadrature", std::move(low));
  t.add("q84", "", "84% quantile of the posterior, with monte_carlo_error in quadrature", std::move(high));
  t.add("monte_carlo_error", "", "1 sigma from the finite number of injections", std::move(error));
  t.add("n_eff", "", "effective injections; 99% of the posterior has more", std::move(n_eff));
  t.add("n_obs", "", "clusters in the fit", std::move(clusters));
  t.add("n_injections", "", "injected clumps, the lost ones included", std::move(injections));
  t.add("n_found", "", "of these found, by any image, and within the cuts", std::move(found));
  t.add("uncovered", "", "share of the selected population at masses that were never injected",
        std::move(uncovered));
  t.add("injections_needed", "", "for n_eff = 4 n_obs, drawn in the same way", std::move(needed));
  t.add("status", "",
        "ok, too_few_clusters, no_mass_errors, nothing_found, too_few_injections (n_eff <= 4 n_obs) or "
        "injections_do_not_cover",
        std::move(status));
  return t;
}

}  // namespace arcproof::studies

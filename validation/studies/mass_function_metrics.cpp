#include "validation/studies/mass_function_metrics.h"

#include <array>

#include <fmt/format.h>

namespace arcproof::studies {
namespace {

struct ChainNumber {
  const char *name, *meaning;
};
constexpr std::array<ChainNumber, 6> chain_numbers{
    {{"r_hat", "split R-hat of all walkers"},
     {"ess_per_chain", "effective sample size of a walker, the lesser of bulk and tail"},
     {"r_hat_between_ensembles", "split R-hat of the ensembles"},
     {"ess_bulk", "bulk effective sample size"},
     {"ess_tail", "tail effective sample size"},
     {"length_over_tau", "steps after burn-in over the autocorrelation time"}}};

std::string name_of(population::MassFunctionModel model, const std::string& parameter) {
  return fmt::format("{}.{}", population::name_of(model), parameter);
}

void add_posterior(std::vector<validation::MetricDescription>& all, const std::string& family,
                   const std::string& what) {
  all.push_back({family + ".median", "", what + ": median"});
  all.push_back({family + ".q16", "", what + ": 16% quantile"});
  all.push_back({family + ".q84", "", what + ": 84% quantile"});
}

}  // namespace

void set_published_metrics(const PublishedMassFunctions& published, validation::Metrics& metrics) {
  metrics.set("mass_function.n_clusters", published.clusters);
  for (const population::MassFunctionFit& fit : published.fits) {
    const io::Json& convergence = published.convergence.at(population::name_of(fit.model));
    for (const population::ParameterSummary& p : fit.parameters) {
      const std::string name = name_of(fit.model, p.name);
      metrics.set("mass_function." + name + ".median", p.median);
      metrics.set("mass_function." + name + ".q16", p.low);
      metrics.set("mass_function." + name + ".q84", p.high);
      for (const ChainNumber& number : chain_numbers)
        metrics.set(fmt::format("convergence.{}.{}", name, number.name),
                    convergence.at(p.name).at(number.name).as_double());
    }
  }
}

void set_corrected_metrics(std::span<const population::CorrectedFit> fits, validation::Metrics& metrics) {
  for (const population::CorrectedFit& fit : fits)
    for (const population::CorrectedParameter& p : fit.parameters) {
      const std::string family = "mass_function.corrected." + name_of(fit.model, p.name);
      metrics.set(family + ".median", p.median);
      metrics.set(family + ".q16", p.low);
      metrics.set(family + ".q84", p.high);
      metrics.set(family + ".n_eff", fit.effective_injections);
    }
}

std::vector<validation::MetricDescription> mass_function_metrics(bool corrected) {
  std::vector<validation::MetricDescription> all{
      {"mass_function.n_clusters", "", "clusters selected for the mass function"}};
  for (const auto model :
       {population::MassFunctionModel::power_law, population::MassFunctionModel::schechter})
    for (const std::string& parameter : population::parameter_names(model)) {
      const std::string name = name_of(model, parameter), what = name + " of the mass function";
      add_posterior(all, "mass_function." + name, what + ", as published");
      for (const ChainNumber& number : chain_numbers)
        all.push_back({fmt::format("convergence.{}.{}", name, number.name), "",
                       fmt::format("{}: {}", name, number.meaning)});
      if (!corrected) continue;
      add_posterior(all, "mass_function.corrected." + name, what + ", corrected");
      all.push_back({"mass_function.corrected." + name + ".n_eff", "", what + ": effective injections"});
    }
  return all;
}

}  // namespace arcproof::studies

// The published mass-function analysis (Claeyssens+2025 section 4.4): 60 masses, 100 walkers x 600 steps, 500
// bootstraps, and the convergence summary of four ensembles.
#include "engine/core/exponential_integral.h"
#include "engine/population/hierarchical.h"
#include "engine/population/mass_function.h"
#include "validation/convergence.h"

#include <cmath>
#include <vector>

#include <benchmark/benchmark.h>

namespace {

using namespace arcproof;
using namespace arcproof::population;

std::vector<double> sixty_masses() {
  Random random({.seed = 5, .purpose = "population_bench"});
  return draw_masses(MassFunctionModel::schechter, -1.7, 8.1, 2e6, 60, random);
}

MassFunctionModel model_of(const benchmark::State& state) {
  return static_cast<MassFunctionModel>(state.range(0));
}

void published_fit(benchmark::State& state) {
  const std::vector<double> masses = sixty_masses();
  MassFunctionOptions options;
  options.ensembles = static_cast<int>(state.range(1));
  for ([[maybe_unused]] auto _ : state) {
    const MassFunctionFit fit = fit_mass_function(model_of(state), masses, options, 1);
    benchmark::DoNotOptimize(fit.parameters.front().median);
  }
}
BENCHMARK(published_fit)
    ->ArgNames({"schechter", "ensembles"})
    ->Args({0, 1})
    ->Args({1, 1})
    ->Args({0, 4})
    ->Args({1, 4})
    ->Unit(benchmark::kMillisecond);

void published_bootstrap(benchmark::State& state) {
  std::vector<ClusterMass> clusters;
  for (const double mass : sixty_masses()) clusters.push_back({std::log10(mass), 0.2, 7.3, 0.3});
  for ([[maybe_unused]] auto _ : state) {
    const std::vector<double> values = bootstrap_mass_function(model_of(state), clusters, {}, 1);
    benchmark::DoNotOptimize(values.back());
  }
}
BENCHMARK(published_bootstrap)->ArgName("schechter")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// The sampler alone: a density that costs nothing.
void sampler(benchmark::State& state) {
  const inference::LogDensity flat = [](std::span<const double> x) {
    return x[0] > 0 && x[0] < 1 ? 0.0 : -INFINITY;
  };
  std::vector<double> start(100);
  for (int walker = 0; walker < 100; ++walker) start[walker] = (walker + 0.5) / 100;
  for ([[maybe_unused]] auto _ : state) {
    Random random({.seed = 1, .purpose = "population_bench"});
    benchmark::DoNotOptimize(inference::run_ensemble(flat, 1, start, {}, random).acceptance);
  }
}
BENCHMARK(sampler)->Unit(benchmark::kMillisecond);

void exponential_integral(benchmark::State& state) {
  double x = 0.002, sum = 0;
  for ([[maybe_unused]] auto _ : state) {
    sum += generalised_exponential_integral(1.9, x);
    x = x < 1 ? 1.01 * x : 0.002;
  }
  benchmark::DoNotOptimize(sum);
}
BENCHMARK(exponential_integral);

// 400 chains of 500 draws.
void convergence(benchmark::State& state) {
  const MassFunctionFit fit = fit_mass_function(MassFunctionModel::power_law, sixty_masses(), {}, 1);
  std::vector<validation::Chains> ensembles;
  for (const inference::EnsembleChain& chain : fit.chains) ensembles.push_back(chain.walker_series(0, 100));
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(validation::summarise_convergence(ensembles).r_hat);
}
BENCHMARK(convergence)->Unit(benchmark::kMillisecond);

// 60 clusters of 200 mass draws each, and 100,000 injections.
struct HierarchicalData {
  std::vector<MassPosterior> clusters;
  std::vector<Injection> injections;
};

HierarchicalData hierarchical_data() {
  Random random({.seed = 6, .purpose = "population_bench"});
  HierarchicalData data;
  for (const double mass : sixty_masses()) {
    data.clusters.emplace_back();
    for (int i = 0; i < 200; ++i)
      data.clusters.back().log_mass_msun.push_back(std::min(9.0, std::log10(mass) + 0.2 * random.normal()));
  }
  for (int i = 0; i < 100000; ++i) {
    const double l = random.uniform(5, 9);
    data.injections.push_back({l, -std::log(4.0), random.uniform() < 1 / (1 + std::exp((6.3 - l) / 0.2)), 1});
  }
  return data;
}

HierarchicalLikelihood hierarchical_likelihood(const benchmark::State& state) {
  const HierarchicalData data = hierarchical_data();
  const MassModel model(static_cast<MassModelKind>(state.range(0)),
                        {.min_mass_msun = 1e5, .max_mass_msun = 1e9});
  return {model, data.clusters, data.injections};
}

void hierarchical_call(benchmark::State& state) {
  const HierarchicalLikelihood likelihood = hierarchical_likelihood(state);
  const bool log_normal = state.range(0) == 3, direct = state.range(1) == 1;
  std::vector<double> theta = log_normal ? std::vector{6.2, 0.6} : std::vector{-1.9, 8.3};
  theta.resize(likelihood.model().dimensions());
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(direct ? likelihood.direct(theta) : likelihood(theta));
}
BENCHMARK(hierarchical_call)
    ->ArgNames({"model", "direct"})
    ->ArgsProduct({{0, 1, 2, 3}, {0, 1}})
    ->Unit(benchmark::kMicrosecond);

void hierarchical_setup(benchmark::State& state) {
  const HierarchicalData data = hierarchical_data();
  const MassModel model(MassModelKind::power_law, {.min_mass_msun = 1e5, .max_mass_msun = 1e9});
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(HierarchicalLikelihood(model, data.clusters, data.injections).clusters());
}
BENCHMARK(hierarchical_setup)->Unit(benchmark::kMillisecond);

// Four ensembles of 100 walkers x 600 steps.
void hierarchical_fit(benchmark::State& state) {
  const HierarchicalLikelihood likelihood = hierarchical_likelihood(state);
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(fit_hierarchical(likelihood, {.threads = 2}, 1).parameters.front().median);
}
BENCHMARK(hierarchical_fit)
    ->ArgName("model")
    ->DenseRange(0, 3)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

void hierarchical_quadrature(benchmark::State& state) {
  const HierarchicalLikelihood likelihood = hierarchical_likelihood(state);
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(integrate_hierarchical(likelihood, {.nodes = 101}).log_evidence());
}
BENCHMARK(hierarchical_quadrature)->ArgName("model")->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

}  // namespace

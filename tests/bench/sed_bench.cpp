// Building a grid of model fluxes and fitting one clump over it, at the size of the protocol of
// Claeyssens+2023: 4 metallicities, 3 histories, 60 ages, 21 reddenings = 15,120 models, 13 bands, 100
// redraws. And the posterior of Claeyssens+2025.
//
// Seen (CPU time, one core of a 2.5 GHz Xeon with AVX-512 shared with others, the least of 18 runs): fit_grid
// 0.6 ms a clump at S/N 20 and above, 0.7 ms at S/N 10, 1.3 ms at S/N 5, 1.8 ms at S/N 3, where more models
// are near enough to win some redraw. numpy's matrix product in single precision over all models: 22 to 29
// ms. Ratio to the core's single-precision peak: all models x bands x draws are 15120 x 13 x 101
// multiply-adds, 39.7 MFLOP, 0.25 ms at 2 x 16 lanes x 2 x 2.5 GHz = 160 GFLOP/s. Measured by that, fit_grid
// works at 0.34 of the peak at S/N 10, 0.14 at S/N 3, the matrix product at 0.01: it computes in double
// precision, but leaves out what cannot win. The posterior: 9 to 37 ms a clump.
#include "engine/sed/fits/continuity.h"
#include "engine/sed/fits/grids/grid.h"
#include "engine/sed/fits/posterior.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/parametric_filter.h"

#include <cmath>
#include <memory>

#include <benchmark/benchmark.h>

namespace {

using namespace arcproof;

const std::vector<std::string> bands = {"F435W", "F606W", "F814W", "F105W", "F125W", "F140W", "F160W",
                                        "F090W", "F150W", "F200W", "F277W", "F356W", "F444W"};
const sky::Cosmology cosmology;
constexpr double z = 1.38;

sed::BandSynthesis synthesis(std::shared_ptr<const sed::Library> library) {
  std::vector<sed::Filter> filters;
  filters.reserve(bands.size());
  for (const std::string& band : bands) filters.push_back(sed::parametric_filter(band));
  return {std::move(library), filters, z, cosmology, {}};
}

/// 60 ages: 1 Myr to 0.9 Gyr.
sed::ModelGrid paper_grid() {
  sed::GridAxes axes;
  axes.histories = {{0.0}, {10.0}, {100.0}};
  sed::ModelGrid grid =
      build_grid(synthesis(std::make_shared<sed::Library>(sed::analytic_library())), axes, cosmology);
  sed::ModelGrid cut;
  cut.z = grid.z;
  cut.bands = grid.bands;
  cut.usable_band = grid.usable_band;
  for (std::size_t model = 0; model < grid.models.size(); ++model) {
    if (std::log10(grid.models[model].age_myr) > 0.05 * 59 + 1e-6) continue;
    cut.models.push_back(grid.models[model]);
    for (std::size_t b = 0; b < bands.size(); ++b) cut.flux_njy_per_msun.push_back(grid.flux(model, b));
  }
  return cut;
}

/// A clump of some model with S/N in every band, noise included.
std::vector<sed::BandFlux> clump(const sed::ModelGrid& grid, double snr, std::int64_t number) {
  Random random({.seed = 1, .purpose = "bench", .clump = number});
  const std::size_t model = random.index(grid.models.size());
  std::vector<sed::BandFlux> photometry;
  for (std::size_t b = 0; b < bands.size(); ++b) {
    const double flux = 1e6 * grid.flux(model, b), error = flux / snr;
    photometry.push_back({random.normal(flux, error), error, 0});
  }
  return photometry;
}

void fit_grid_of_the_paper(benchmark::State& state) {
  static const sed::ModelGrid grid = paper_grid();
  std::vector<std::vector<sed::BandFlux>> clumps;
  clumps.reserve(16);
  for (int i = 0; i < 16; ++i) clumps.push_back(clump(grid, static_cast<double>(state.range(0)), i));
  std::size_t next = 0;
  for (auto _ : state) {
    Random random({.seed = 2, .purpose = "redraws"});
    benchmark::DoNotOptimize(fit_grid(grid, clumps[next++ % clumps.size()], {}, random));
  }
  state.counters["models"] = static_cast<double>(grid.models.size());
}
BENCHMARK(fit_grid_of_the_paper)
    ->ArgName("snr")
    ->Arg(3)
    ->Arg(5)
    ->Arg(10)
    ->Arg(20)
    ->Arg(100)
    ->Unit(benchmark::kMillisecond);

/// The posterior of claeyssens2025: 1000 draws over age, mass, Z, A_V and log U. Clumps of 1 Myr to 3 Gyr.
void posterior_of_the_paper(benchmark::State& state) {
  static const auto library = std::make_shared<sed::Library>(sed::analytic_library());
  static const sed::PosteriorGrid grid = [] {
    std::vector<sed::Filter> filters;
    for (const std::string& band : bands) filters.push_back(sed::parametric_filter(band));
    return sed::build_posterior_grid(library, filters, z, cosmology, {});
  }();
  static const sed::BandSynthesis light = synthesis(library);
  const double snr = static_cast<double>(state.range(0));
  std::vector<std::vector<sed::BandFlux>> clumps;
  for (std::int64_t i = 0; i < 16; ++i) {
    Random random({.seed = 1, .purpose = "posterior bench", .clump = i});
    const sed::Population population{std::pow(10, random.uniform(0, 3.5)),
                                     std::pow(10, random.uniform(-3.4, -1.7)), random.uniform(0, 0.25),
                                     grid.model.history};
    std::vector<sed::BandFlux>& photometry = clumps.emplace_back();
    for (const double flux : light.fluxes_njy_per_msun(population))
      photometry.push_back({random.normal(1e6 * flux, 1e6 * flux / snr), 1e6 * flux / snr, 0});
  }
  std::size_t next = 0;
  for (auto _ : state) {
    Random random({.seed = 2, .purpose = "posterior"});
    benchmark::DoNotOptimize(sed::fit_posterior(grid, clumps[next++ % clumps.size()], {}, random));
  }
  state.counters["models"] = static_cast<double>(grid.models());
}
BENCHMARK(posterior_of_the_paper)
    ->ArgName("snr")
    ->Arg(3)
    ->Arg(10)
    ->Arg(30)
    ->Arg(100)
    ->Unit(benchmark::kMillisecond);

/// The posterior of a host by nested sampling, 400 live points, continuity history. Galaxies of the prior.
void posterior_of_a_host(benchmark::State& state) {
  static const sed::ContinuityGrid grid = [] {
    std::vector<sed::Filter> filters;
    for (const std::string& band : bands) filters.push_back(sed::parametric_filter(band));
    return sed::build_continuity_grid(std::make_shared<sed::Library>(sed::analytic_library()), filters, z,
                                      cosmology, {});
  }();
  const double snr = static_cast<double>(state.range(0));
  std::vector<std::vector<sed::BandFlux>> hosts;
  for (std::int64_t i = 0; i < 4; ++i) {
    Random random({.seed = 1, .purpose = "host bench", .clump = i});
    std::vector<sed::BandFlux>& photometry = hosts.emplace_back();
    for (const double flux : sed::model_fluxes_njy(grid, sed::draw_from_prior(grid, 9, 10, random)))
      photometry.push_back({random.normal(flux, flux / snr), flux / snr, 0});
  }
  std::size_t next = 0;
  for (auto _ : state) {
    Random random({.seed = 2, .purpose = "posterior"});
    benchmark::DoNotOptimize(sed::fit_continuity(grid, hosts[next++ % hosts.size()], {}, random));
  }
  state.counters["bins"] = static_cast<double>(grid.bins());
  state.counters["MB"] = static_cast<double>(grid.memory_bytes()) / 1e6;
}
BENCHMARK(posterior_of_a_host)->ArgName("snr")->Arg(5)->Arg(20)->Iterations(4)->Unit(benchmark::kMillisecond);

void build_grid_of_the_paper(benchmark::State& state) {
  const auto library = std::make_shared<sed::Library>(sed::analytic_library());
  sed::GridAxes axes;
  axes.histories = {{0.0}, {10.0}, {100.0}};
  for (auto _ : state) benchmark::DoNotOptimize(build_grid(synthesis(library), axes, cosmology));
}
BENCHMARK(build_grid_of_the_paper)->Unit(benchmark::kMillisecond);

void make_analytic_library(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(sed::analytic_library());
}
BENCHMARK(make_analytic_library)->Unit(benchmark::kMillisecond);

}  // namespace

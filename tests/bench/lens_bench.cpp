// Speed of the lens on one core: the published model of SMACS0723 (149 potentials) where it is at hand, else
// as many synthetic ones. The counter time_per_potential_position is the time of one potential at one
// position; there one elliptical dPIE takes 222 additions, products, quotients (2) and roots (2) for
// deflection and Hessian, 141 for the deflection and 97 for the Hessian alone.
#include "engine/core/random.h"
#include "engine/lens/delens.h"
#include "engine/lens/images.h"
#include "engine/lens/lenstool/project.h"
#include "tests/support/data.h"

#include <cmath>
#include <vector>

#include <benchmark/benchmark.h>

namespace arcproof::lens {
namespace {

LensModel synthetic_cluster() {
  Random random({.seed = 1, .purpose = "cluster"});
  std::vector<DualPie> potentials = {{"halo", {-3, 1}, 0.56, 0.1, 15, 280, 970}};
  while (potentials.size() < 149) {
    const double cut = random.uniform(1, 10);
    potentials.push_back({"galaxy",
                          {random.uniform(-60, 60), random.uniform(-60, 60)},
                          random.uniform(0.01, 0.7),
                          random.uniform(0, 3.1),
                          0.003 * cut,
                          cut,
                          random.uniform(40, 200)});
  }
  return {{110.8, -73.45}, 0.39, {}, potentials};
}

const LensModel& cluster() {
  static const LensModel model = [] {
    const auto par = tests::data_file("lens/ICLv1/best.par");
    return par.empty() ? synthetic_cluster() : read_lenstool(par).best();
  }();
  return model;
}

std::vector<Vector2> grid_positions(int side) {
  std::vector<Vector2> theta;
  for (int j = 0; j < side; ++j)
    for (int i = 0; i < side; ++i) theta.push_back({-30 + 60.0 * i / side, -30 + 60.0 * j / side});
  return theta;
}

void report_potential_positions(benchmark::State& state, std::size_t positions) {
  const double count = static_cast<double>(positions * cluster().potentials().size());
  state.counters["time_per_potential_position"] =
      benchmark::Counter(count, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void evaluate(benchmark::State& state, bool wants_deflection, bool wants_hessian) {
  const std::vector<Vector2> theta = grid_positions(1500);
  std::vector<Vector2> alpha;
  std::vector<Hessian> hessian;
  while (state.KeepRunning()) {
    cluster().evaluate(theta, wants_deflection ? &alpha : nullptr, wants_hessian ? &hessian : nullptr);
    benchmark::ClobberMemory();
  }
  report_potential_positions(state, theta.size());
}
BENCHMARK_CAPTURE(evaluate, deflection_and_hessian, true, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(evaluate, deflection, true, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(evaluate, hessian, false, true)->Unit(benchmark::kMillisecond);

// The whole map on one core, over 120" x 120": what `lens_map.py` of the peers' benchmarks does.
void compute_map(benchmark::State& state, Summation summation) {
  const Grid grid{{-60, -60}, 120.0 / 1500, 1500, 1500};
  while (state.KeepRunning()) benchmark::DoNotOptimize(LensMap::compute(cluster(), grid, 1, summation));
  report_potential_positions(state, 1500 * 1500);
}
BENCHMARK_CAPTURE(compute_map, tiles, Summation::tiles)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compute_map, exact, Summation::exact)->Unit(benchmark::kMillisecond);

void single_position(benchmark::State& state) {
  Vector2 theta{10, 3};
  while (state.KeepRunning()) {
    theta.x += 1e-6;
    benchmark::DoNotOptimize(cluster().hessian(theta));
  }
  report_potential_positions(state, 1);
}
BENCHMARK(single_position)->Unit(benchmark::kMicrosecond);

const LensMap& field_map() {
  static const LensMap map = LensMap::compute(cluster(), covering_grid({-40, -40}, {40, 40}, 0.1), 2);
  return map;
}

void look_up_hessian(benchmark::State& state) {
  Random random({.seed = 2, .purpose = "positions"});
  std::vector<Vector2> theta(1024);
  for (Vector2& t : theta) t = {random.uniform(-40, 40), random.uniform(-40, 40)};
  field_map();
  std::size_t i = 0;
  while (state.KeepRunning()) benchmark::DoNotOptimize(field_map().hessian(theta[++i % theta.size()]));
}
BENCHMARK(look_up_hessian);

void look_up_deflection(benchmark::State& state) {
  Random random({.seed = 2, .purpose = "positions"});
  std::vector<Vector2> theta(1024);
  for (Vector2& t : theta) t = {random.uniform(-40, 40), random.uniform(-40, 40)};
  field_map();
  std::size_t i = 0;
  while (state.KeepRunning()) benchmark::DoNotOptimize(field_map().deflection(theta[++i % theta.size()]));
}
BENCHMARK(look_up_deflection);

void prepare_image_finder(benchmark::State& state) {
  field_map();
  while (state.KeepRunning()) benchmark::DoNotOptimize(ImageFinder(field_map(), 0.7));
}
BENCHMARK(prepare_image_finder)->Unit(benchmark::kMillisecond);

// Sources within `reach` of the optical axis: 3" is inside the caustics, 30" the whole field.
void find_images(benchmark::State& state) {
  const ImageFinder finder(field_map(), 0.7);
  const double reach = static_cast<double>(state.range(0));
  Random random({.seed = 3, .purpose = "sources"});
  std::vector<Vector2> beta(1024);
  for (Vector2& b : beta) b = {random.uniform(-reach, reach), random.uniform(-reach, reach)};
  std::size_t i = 0, images = 0;
  while (state.KeepRunning()) images += finder.images(beta[++i % beta.size()]).size();
  state.counters["images"] = static_cast<double>(images) / static_cast<double>(state.iterations());
}
BENCHMARK(find_images)->Arg(3)->Arg(30)->Unit(benchmark::kMicrosecond);

void clump_magnification_with_posterior(benchmark::State& state) {
  const Lens lens{field_map(), cluster().z_lens(), cluster().cosmology()};
  const std::vector<LensModel> posterior(100, cluster());
  while (state.KeepRunning())
    benchmark::DoNotOptimize(magnification_of_clump(lens, posterior, {{8, 3}, 0.06, 0.03, 0.4}, 2, 0.02));
}
BENCHMARK(clump_magnification_with_posterior)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace arcproof::lens

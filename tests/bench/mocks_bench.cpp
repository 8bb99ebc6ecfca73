// Injection: a clump through the lens and the PSF into an image, per band.
#include "engine/lens/sources/compact_cluster.h"
#include "mocks/convolve.h"
#include "mocks/shoot.h"

#include <benchmark/benchmark.h>

namespace arcproof::mocks {
namespace {

const std::vector<std::string> bands = {"F090W", "F115W", "F150W", "F200W", "F277W", "F356W", "F444W"};

std::vector<std::shared_ptr<const sky::Psf>> psfs() {
  std::vector<std::shared_ptr<const sky::Psf>> result;
  for (const std::string& band : bands)
    result.push_back(std::make_shared<sky::Psf>(sky::Psf::parametric(band, 0.02)));
  return result;
}

// One clump without a lens, full PSF images, seven bands.
void inject_unlensed_7_bands(benchmark::State& state) {
  const Convolver convolver(psfs());
  Array2D<float> image(1024, 1024, 0.0F);
  while (state.KeepRunning())
    for (const Patch& patch : convolver.convolve(unlensed_piece(500.3, 499.8, 1)))
      add_patch(image, patch, 100);
}
BENCHMARK(inject_unlensed_7_bands)->Unit(benchmark::kMillisecond);

// All images of a clump of 20 pc behind the compact cluster.
void shoot_rays(benchmark::State& state) {
  const sky::Cosmology cosmology;
  const lens::LensModel model = lens::compact_cluster(cosmology, 1);
  const lens::LensMap map = lens::LensMap::compute(model, lens::covering_grid({-8, -8}, {8, 8}, 0.05), 1);
  const lens::ImageFrame frame(0.02, {299.5, 299.5});
  const double efficiency = model.efficiency(1.4);
  const lens::Vector2 source = map.source_position({2.8, 4.5}, efficiency);
  while (state.KeepRunning())
    benchmark::DoNotOptimize(shoot({source, 0.002, 0.002, 0}, map, efficiency, frame, 600, 600, {}));
}
BENCHMARK(shoot_rays)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace arcproof::mocks

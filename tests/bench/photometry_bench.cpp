// The clump fit and the forced fit in 13 bands, on mocks of S/N 20 and sigma 1 pixel drawn here.
#include "engine/core/random.h"
#include "engine/photometry/clump_fit.h"
#include "mocks/convolve.h"

#include <benchmark/benchmark.h>

namespace arcproof::photometry {
namespace {

constexpr int count = 64;

struct Mocks {
  std::shared_ptr<const sky::Psf> psf = std::make_shared<sky::Psf>(sky::Psf::parametric("F150W", 0.02));
  PsfTransform transform{*psf, 9};
  std::vector<Cutout> cutouts;

  Mocks() {
    const mocks::Convolver convolver({psf});
    Random random({.seed = 4, .purpose = "bench"});
    for (int i = 0; i < count; ++i) {
      Array2D<float> image(61, 61, 0.0F);
      const mocks::Piece piece =
          mocks::unlensed_piece(30 + random.uniform(-0.5, 0.5), 30 + random.uniform(-0.5, 0.5), 1);
      mocks::add_patch(image, convolver.convolve(piece).front(), 1);
      double signal = 0;
      for (std::size_t k = 0; k < image.size(); ++k) signal += image.data()[k] * image.data()[k];
      const double sigma = std::sqrt(signal) / 20;  // S/N of the best-matched template
      for (std::size_t k = 0; k < image.size(); ++k)
        image.data()[k] += static_cast<float>(sigma * random.normal());
      cutouts.push_back(cut_uniform(image, 30, 30, 9, sigma));
    }
  }
};

const Mocks& drawn() {
  static const Mocks value;
  return value;
}

void clump_fit(benchmark::State& state) {
  const ComponentStart start{0, 0, {1, 0, 1}};
  std::size_t i = 0;
  drawn();
  while (state.KeepRunning())
    benchmark::DoNotOptimize(
        fit_clumps(drawn().cutouts[i++ % count], drawn().transform, std::span(&start, 1), {}));
}
BENCHMARK(clump_fit)->Unit(benchmark::kMicrosecond);

// Flux and plane with shape and position fixed, in 13 bands: what the peer does.
void forced_fit_13_bands(benchmark::State& state) {
  FitOptions forced;
  forced.shape_free = forced.position_free = false;
  const ComponentStart start{0.1, -0.2, {1, 0, 1}};
  std::size_t i = 0;
  drawn();
  while (state.KeepRunning())
    for (int band = 0; band < 13; ++band)
      benchmark::DoNotOptimize(
          fit_clumps(drawn().cutouts[i++ % count], drawn().transform, std::span(&start, 1), forced));
}
BENCHMARK(forced_fit_13_bands)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace arcproof::photometry

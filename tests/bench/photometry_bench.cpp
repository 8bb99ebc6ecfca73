// The clump fit and the forced fit in 13 bands, on mocks of S/N 20 and sigma 1 pixel drawn here.
#include "engine/core/random.h"
#include "engine/photometry/protocol.h"
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

// The whole protocol for one clump: shape in the reference band, fluxes in 13 bands with the centre free by a
// pixel, 100 redraws of it all.
struct Bands {
  std::vector<sky::Exposure> exposures;
  std::vector<BandPsf> psfs;
  Array2D<int> segmentation{61, 61, 0};
  std::vector<BandData> data;

  Bands() {
    const char* names[] = {"F090W", "F115W", "F150W", "F200W", "F277W", "F356W", "F444W"};
    constexpr int bands = 13;
    exposures.reserve(bands);
    psfs.reserve(bands);
    for (int b = 0; b < bands; ++b) {
      const auto psf = std::make_shared<sky::Psf>(sky::Psf::parametric(names[b % 7], 0.02));
      const mocks::Convolver convolver({psf});
      sky::Exposure exposure;
      exposure.band = names[b % 7];
      exposure.pixel_scale_arcsec = 0.02;
      exposure.flux_njy = Array2D<float>(61, 61, 0.0F);
      exposure.error_njy = Array2D<float>(61, 61, 1.0F);
      mocks::add_patch(exposure.flux_njy, convolver.convolve(mocks::unlensed_piece(30.2, 29.9, 1)).front(),
                       120);
      Random random({.seed = 5, .purpose = "bench", .clump = b});
      for (std::size_t k = 0; k < exposure.flux_njy.size(); ++k)
        exposure.flux_njy.data()[k] += static_cast<float>(random.normal());
      exposures.push_back(std::move(exposure));
      psfs.emplace_back(*psf);
    }
    for (int b = 0; b < bands; ++b)
      data.push_back({&exposures[static_cast<std::size_t>(b)], &psfs[static_cast<std::size_t>(b)],
                      &segmentation, nullptr});
  }
};

void whole_protocol_13_bands_100_redraws(benchmark::State& state) {
  const Bands bands;
  Detection object;
  object.x = object.y = 30;
  object.a = object.b = 1.5;
  std::int64_t clump = 0;
  while (state.KeepRunning()) {
    Random random({.seed = 6, .purpose = "bench", .clump = clump++});
    benchmark::DoNotOptimize(measure_clump(std::span(&object, 1), 0, bands.data, 2, {}, random));
  }
}
BENCHMARK(whole_protocol_13_bands_100_redraws)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace arcproof::photometry

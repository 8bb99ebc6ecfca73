// A sky of one band whose clumps the mock renderer, which shares no code with the fits, draws.
#pragma once

#include "engine/core/random.h"
#include "engine/photometry/protocol.h"
#include "mocks/convolve.h"
#include "mocks/shoot.h"

#include <cmath>
#include <memory>
#include <vector>

namespace arcproof::photometry::one_band {

inline const std::shared_ptr<const sky::Psf>& psf() {
  static const auto image = std::make_shared<const sky::Psf>(sky::Psf::parametric("F150W", 0.02));
  return image;
}

inline const BandPsf& transform() {
  static const BandPsf of_psf(*psf());
  return of_psf;
}

struct Drawn {
  double x, y, flux_njy, sigma_pix = 1;
};

/// Square, without noise. `sigma_njy` is what its error image says.
struct OneBandSky {
  sky::Exposure exposure;
  Array2D<int> segmentation;
  NoiseCorrelation correlation;

  OneBandSky(int side, double sigma_njy, const std::vector<Drawn>& clumps) {
    static const mocks::Convolver convolver({psf()});
    exposure.band = "F150W";
    exposure.pixel_scale_arcsec = 0.02;
    exposure.flux_njy = Array2D<float>(side, side, 0.0F);
    exposure.error_njy = Array2D<float>(side, side, static_cast<float>(sigma_njy));
    segmentation = Array2D<int>(side, side, 0);
    for (const Drawn& clump : clumps) {
      mocks::add_patch(exposure.flux_njy,
                       convolver.convolve(mocks::unlensed_piece(clump.x, clump.y, clump.sigma_pix)).front(),
                       clump.flux_njy);
      const double reach = 9 + 3 * clump.sigma_pix;  // pixels of a detection are no sky
      for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x)
          if (std::hypot(x - clump.x, y - clump.y) < reach) segmentation(x, y) = 1;
    }
  }

  /// No pixel is sky: its sigma is that of the error image, not the scatter of the clumps' own wings.
  void hide_sky() {
    for (int& label : segmentation) label = 1;
  }

  /// Independent pixels with the sigma of the error image.
  void add_white_noise(std::uint64_t seed, int number) {
    Random random({.seed = seed, .purpose = "one band sky", .realisation = number});
    for (float& value : exposure.flux_njy)
      value += exposure.error_njy(0, 0) * static_cast<float>(random.normal());
  }

  /// The first of the places, the others its companions.
  ClumpPhotometry measure(const std::vector<sky::PixelPosition>& places,
                          const ProtocolOptions& options) const {
    std::vector<Detection> detections(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      detections[i].x = places[i].x;
      detections[i].y = places[i].y;
      detections[i].a = detections[i].b = 1;
    }
    const BandData band{&exposure, &transform(), &segmentation, &correlation};
    Random random({.seed = 1, .purpose = "redraws of one band"});
    return measure_clump(detections, 0, std::span(&band, 1), 0, options, random);
  }
};

inline ProtocolOptions best_fit_only() {
  ProtocolOptions options;
  options.redraws = 0;
  return options;
}

}  // namespace arcproof::photometry::one_band

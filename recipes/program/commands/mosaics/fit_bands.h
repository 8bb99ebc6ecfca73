// What `arcproof fit` works on: its bands, read and checked.
#pragma once

#include "engine/photometry/protocol.h"
#include "recipes/program/commands/mosaics/fit.h"

#include <string>
#include <vector>

namespace arcproof::commands {

/// Bands ready for photometry. BandData points into it: it stays where it is.
struct FitBands {
  std::vector<std::string> names;
  std::size_t reference = 0;
  std::vector<sky::Exposure> exposures;
  std::vector<sky::Psf> psfs;
  std::vector<photometry::BandPsf> transforms;
  std::vector<Array2D<int>> segmentations;
  std::vector<photometry::NoiseCorrelation> correlations;

  const sky::Exposure& reference_exposure() const { return exposures[reference]; }
  std::vector<photometry::BandData> data() const {
    std::vector<photometry::BandData> result;
    for (std::size_t b = 0; b < names.size(); ++b)
      result.push_back({&exposures[b], &transforms[b], &segmentations[b], &correlations[b]});
    return result;
  }
};

/// Images, errors, weights and PSFs as they were given. InputError naming the option: a band twice, without
/// image or without PSF, text in place of numbers, images that cannot be brought together; and what read_mosaic
/// and read_psf throw. Segmentations and correlations are empty.
FitBands read_fit_bands(const FitArguments& arguments);

}  // namespace arcproof::commands

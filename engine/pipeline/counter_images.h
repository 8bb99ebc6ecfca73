// Which clumps are images of one another.
//
// Two images of one clump have one source position - if the lens model is right. It is not: the source
// positions of the images on one side of a critical curve lie off those on the other by the model's error,
// all of them by nearly the same vector. The models of the posterior tell which vectors are possible; every
// pair that is joined tells more of it (linear regression on the principal modes of the posterior), and the
// pairs that were ambiguous before are so no longer. Intrinsic fluxes must agree as well.
#pragma once

#include "engine/pipeline/field.h"
#include "engine/pipeline/measure.h"

#include <cstdint>
#include <span>
#include <vector>

namespace arcproof::pipeline {

struct CounterImageOptions {
  double position_scatter_arcsec = 0.02;          ///< of the model beyond its posterior, in the image plane
  double scatter_without_posterior_arcsec = 0.3;  ///< in the image plane, where there are no further models
  double posterior_inflation = 2;  ///< the true lens may lie as many times farther out than the models
  double centroid_pix = 0.5;       ///< 1 sigma of a fitted position in a crowded arc
  double flux_scatter_dex = 0.2;   ///< of intrinsic fluxes beyond their errors
  double min_probability = 0.5;    ///< of a pair against all rivals and none
  double min_snr = 3;              ///< clumps below it are not joined
};

/// For each clump the index of the brightest image (highest S/N in the reference band) of the same source, or
/// -1: itself the brightest, or no other. Two images of one source have a critical curve between them: the
/// sign of mu changes on the straight line from one to the other. Without a lens model (constant field)
/// nothing is joined. Accuracy on simulated arcs: metric links.* of a run
/// (validation/metrics/metrics.h).
std::vector<std::int64_t> counter_images(const AnalysisField& field, std::span<const MeasuredClump> clumps,
                                         const CounterImageOptions& options = {});

}  // namespace arcproof::pipeline

// Detection and photometry of a field's clumps: first pass, second pass on the residual image, then the errors of
// those in the regions' cores.
#pragma once

#include "engine/core/random.h"
#include "engine/pipeline/measured_clump.h"

#include <span>
#include <vector>

namespace arcproof::pipeline {

/// One clump for each object that is wanted, in the order in which they were found: id, pass, photometry and
/// whether it was redrawn; the rest is as MeasuredClump begins. Arguments as of measure_field.
std::vector<MeasuredClump> photometry_of_field(const AnalysisField& field,
                                               std::span<const sky::Exposure> exposures,
                                               std::span<const BandSky> sky, std::span<const Region> regions,
                                               const PipelineOptions& options, const StreamName& stream,
                                               int threads);

}  // namespace arcproof::pipeline

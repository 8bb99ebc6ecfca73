// Detection and photometry of a field's clumps: first pass, second pass on the residual image, then the errors of
// those in the regions' cores.
#pragma once

#include "engine/core/random.h"
#include "engine/pipeline/measured_clump.h"

#include <cstdint>
#include <span>
#include <vector>

namespace arcproof::pipeline {

/// All that was found in a field.
struct DetectedObjects {
  std::vector<photometry::Detection> list;  ///< first pass first; the place in it is a clump's id
  std::size_t first_pass = 0;               ///< how many are of the first pass
  std::vector<Array2D<int>> segmentation;   ///< [band], on the band's own grid
};

struct FieldPhotometry {
  /// One for each object that is wanted, in the order in which they were found: id, pass, photometry and
  /// whether it was redrawn; the rest is as MeasuredClump begins.
  std::vector<MeasuredClump> clumps;
  DetectedObjects objects;
};

/// Arguments as of measure_field.
FieldPhotometry photometry_of_field(const AnalysisField& field, std::span<const sky::Exposure> exposures,
                                    std::span<const BandSky> sky, std::span<const Region> regions,
                                    const PipelineOptions& options, const StreamName& stream, int threads);

/// Photometry of object `id` anew, with what is known of it and from the same random stream: without anything
/// known, the photometry that it had.
photometry::ClumpPhotometry photometry_of_object(const AnalysisField& field,
                                                 std::span<const sky::Exposure> exposures,
                                                 std::span<const BandSky> sky, const DetectedObjects& objects,
                                                 std::int64_t id, const PipelineOptions& options,
                                                 const StreamName& stream, const photometry::KnownFit& known);

}  // namespace arcproof::pipeline

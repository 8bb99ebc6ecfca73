// One clump's way through the engine: detect -> fit -> delens -> SED -> derived. Knows nothing of any truth.
#pragma once

#include "engine/core/random.h"
#include "engine/pipeline/measured_clump.h"
#include "engine/pipeline/photometer.h"

#include <cstdint>
#include <span>
#include <vector>

namespace arcproof::pipeline {

/// Limits and noise correlation of all bands, measured on the field as it is.
std::vector<BandSky> measure_sky(const AnalysisField& field, std::span<const sky::Exposure> exposures,
                                 const PipelineOptions& options, std::uint64_t seed);

/// Everything from pixels to physical quantities. `regions` empty: the whole image. Each clump takes its own
/// random stream (stream.seed, "redraws", stream.realisation, detection id), so that the rows do not depend
/// on what else is measured, nor on the number of threads.
std::vector<MeasuredClump> measure_field(const AnalysisField& field, std::span<const sky::Exposure> exposures,
                                         std::span<const BandSky> sky, std::span<const Region> regions,
                                         const PipelineOptions& options, const StreamName& stream,
                                         int threads = 1);

/// The same, and what a clump is measured anew from.
FieldPhotometry measure_field_with_objects(const AnalysisField& field,
                                           std::span<const sky::Exposure> exposures,
                                           std::span<const BandSky> sky, std::span<const Region> regions,
                                           const PipelineOptions& options, const StreamName& stream,
                                           int threads = 1);

/// The steps after the photometry, with what is known of the source: magnification, size and, of a selected
/// clump, SED, from the same random stream as in measure_field; then the other lenses. The clump lies in the
/// host. \param pixel_scale_arcsec of the reference band
void derive_source(MeasuredClump& clump, const AnalysisField& field, std::span<const BandSky> sky,
                   const PipelineOptions& options, const StreamName& stream, double pixel_scale_arcsec,
                   const KnownSource& known = {});

}  // namespace arcproof::pipeline

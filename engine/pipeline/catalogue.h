// The table of measured clumps.
#pragma once

#include "engine/io/table.h"
#include "engine/pipeline/measured_clump.h"

#include <span>

namespace arcproof::pipeline {

/// One row a clump, with units, in the field's names.
io::Table catalogue(const AnalysisField& field, std::span<const MeasuredClump> clumps);

}  // namespace arcproof::pipeline

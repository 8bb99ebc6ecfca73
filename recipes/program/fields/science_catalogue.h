// The catalogue of the un-injected fields, and what was drawn for their hosts.
#pragma once

#include "engine/io/table.h"
#include "recipes/program/fields/field_setup.h"

namespace arcproof::recipes {

/// Measures all fields without injections. Rows of clumps in hosts; `counter_image_of` names the brighter
/// image of the same clump (detection_id, same field; engine/pipeline/counter_images.h).
io::Table science_catalogue(const std::vector<FieldSetup>& fields, int threads);

/// What was drawn for the hosts of simulated fields; no rows for real ones.
io::Table host_truth(const std::vector<FieldSetup>& fields);

}  // namespace arcproof::recipes

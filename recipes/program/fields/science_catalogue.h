// The catalogue of the un-injected fields, and what was drawn for their hosts.
#pragma once

#include "engine/io/table.h"
#include "recipes/program/fields/field_setup.h"

namespace arcproof::recipes {

/// Measures a field, ready but for its catalogue, without injections. Rows of clumps in its host;
/// `counter_image_of` names the brighter image of the same clump (detection_id, same field;
/// engine/pipeline/counter_images.h).
io::Table clumps_of_host(const FieldSetup& field, int threads);

/// The catalogues of all fields, one below the other.
io::Table science_catalogue(const std::vector<FieldSetup>& fields);

/// What was drawn for the hosts of simulated fields; no rows for real ones.
io::Table host_truth(const std::vector<FieldSetup>& fields);

}  // namespace arcproof::recipes

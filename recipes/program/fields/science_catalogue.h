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

/// What was drawn for the host of a simulated field, ready but for this; no rows for a real one.
io::Table truth_of_host(const FieldSetup& field);

/// The same of all fields.
io::Table host_truth(const std::vector<FieldSetup>& fields);

}  // namespace arcproof::recipes

// One realisation: a field with a handful of injected clumps, rendered, measured, joined. Depends on nothing
// but its number.
#pragma once

#include "engine/io/table.h"
#include "recipes/program/fields/field_setup.h"

namespace arcproof::recipes {

struct RealisationResult {
  io::Table injections;  ///< one row per image of every injected clump, truth joined with measurement
  io::Table examples;    ///< cutouts of some recovered clumps (first realisations only)
};

RealisationResult run_realisation(const Recipe& recipe, const FieldSetup& field, int realisation);

/// The clumps of a realisation as drawn, with their images, added to `exposures` (may be null: truth only).
struct InjectedClump {
  std::int64_t parent_id = 0;
  mocks::Clump clump;
  std::vector<mocks::InjectedImage> images;
};
std::vector<InjectedClump> inject_realisation(const Recipe& recipe, const FieldSetup& field, int realisation,
                                              std::vector<sky::Exposure>* exposures);

/// Truth as a table: columns of the injections table before the join.
io::Table truth_table(const Recipe& recipe, const FieldSetup& field, int realisation,
                      const std::vector<InjectedClump>& clumps);

}  // namespace arcproof::recipes

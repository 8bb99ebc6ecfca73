// One realisation: a field with a handful of injected clumps, rendered, measured, joined. Depends on nothing
// but its number.
#pragma once

#include "engine/io/table.h"
#include "recipes/program/fields/field_setup.h"

namespace arcproof::recipes {

struct RealisationResult {
  io::Table injections;  ///< one row per image of every injected clump, truth joined with measurement
  io::Table examples;    ///< cutouts of some recovered clumps (first realisations only)
  io::Table measured;    ///< all objects measured around injections: controls.h
  io::Table
      placeholders;  ///< drawn like injections but without light, matched with the un-injected catalogue
  io::Table ladder = io::Table("LADDER_ROWS");  ///< of recovered injections, where it is asked for: ladder.h
};

/// `mass_msun`: the range of the masses that are drawn [Msun].
RealisationResult run_realisation(const FieldSetup& field, int realisation, const mocks::Range& mass_msun);

}  // namespace arcproof::recipes

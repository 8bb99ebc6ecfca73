// A realisation's recovered injections measured again with true values put in: the rows of the
// truth-substitution ladder (validation/studies/ladder.h says what its rungs are).
#pragma once

#include "engine/io/table.h"
#include "recipes/program/fields/field_setup.h"

#include <vector>

namespace arcproof::recipes {

/// Table LADDER_ROWS, all rungs of each recovered row of `joined`, rung by rung. `found` is what measure_field
/// says of the realisation's exposures, `injected` what was put into them. Each rung takes the random streams of
/// the first measurement, so that rungs differ by what is put in and not by their noise. A rung costs at most
/// what the first measurement of these clumps did: from the third on, nothing is fitted but the SED.
io::Table ladder_rows(const FieldSetup& field, int realisation, const std::vector<sky::Exposure>& exposures,
                      const pipeline::FieldPhotometry& found,
                      const std::vector<mocks::InjectedClump>& injected, const io::Table& joined);

}  // namespace arcproof::recipes

// More injections where the mass function's correction needs them.
//
// The variance of xi is a sum over injections of squares of their contributions; 90% of it comes from true
// masses below some limit (that of population::CorrectedFit::costly_log_mass). A round draws all its masses
// below that limit, down to the population's lightest. With density d of injections in that range [1/dex] and
// s = 0.9 of the variance, n more of them over a width W leave the fraction s d / (d + n / W) + 1 - s of the
// variance: n follows from the N_eff that is wanted. All injections then count with the density of the
// mixture (recipes/program/description/recipe.h, log_draw_density), which keeps xi unbiased.
//
// Why down to the lightest. A variance that is counted from what was found knows nothing of what has not yet
// been found. Light clumps are many and rarely found; rounds that left them out, because none of some hundred
// was found, came out with xi 5 to 20% too low and a stated error of 2%
// (tests/unit/recipes/program/campaign/rounds_test.cpp). With them it needs no more realisations.
#pragma once

#include "engine/io/table.h"
#include "recipes/program/campaign/parts.h"
#include "recipes/program/description/recipe.h"

#include <string>
#include <vector>

namespace arcproof::recipes {

/// All parts on disk, one below the other; injections with column log_draw_density where the recipe has rounds.
RealisationResult joined_parts(const Recipe& recipe, const PartStore& store);

struct RoundPlan {
  int realisations = 0;  ///< 0: enough, or no more would help: see `message`
  mocks::Range mass_msun{0, 0};
  double effective_injections = 0;  ///< so far
  std::string message;              ///< what is there, what is planned, how many realisations more
};

/// What the next round should be. At most four times the realisations that are there. Where a cluster has no
/// injection near its measured mass: as many again over all masses.
RoundPlan next_round(const Recipe& recipe, const io::Table& catalogue, const io::Table& injections,
                     double wanted);

/// A round that was made, for manifest.json.
struct RoundRecord {
  int first = 0, realisations = 0;
  mocks::Range mass_msun{0, 0};
  double effective_before = 0, effective_after = 0;
};

}  // namespace arcproof::recipes

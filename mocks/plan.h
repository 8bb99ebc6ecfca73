// How much is injected, and how.
#pragma once

#include "mocks/clump.h"
#include "mocks/placement.h"

#include <optional>
#include <string>
#include <vector>

namespace arcproof::mocks {

/// Clumps two by two: the odd ones lie beside the even ones.
struct PairOptions {
  Range separation_pix{1.5, 6};
  void describe(Keys& keys) {
    keys.interval("separation_pix", separation_pix.low, separation_pix.high, "pixel of the reference band",
                  "range of separations on the sky, uniform", Allowed::between(0, 50));
  }
};

/// More realisations, with masses from a part of the population's range only.
struct InjectionRound {
  int realisations = 10;
  Range mass_msun{1e5, 1e6};
  bool added = false;  ///< by `run --until`: not part of the recipe, nor of its hash

  void describe(Keys& keys) {
    keys.required("mass_msun");
    keys.integer("realisations", realisations, "", "realisations of this round", Allowed::between(1, 1e7));
    keys.interval("mass_msun", mass_msun.low, mass_msun.high, "Msun",
                  "masses, uniform in log; within population.mass_msun", plausible::mass_msun);
  }
};

struct InjectionOptions {
  int realisations = 100;
  int clumps = 6;
  PlacementOptions placement;  ///< keys placement and uniform_share
  double min_mu = 0.1;         // the lens's own centre hides fainter ones
  double max_sigma_pix = 12;
  std::optional<PairOptions> pairs;
  std::optional<double> marking_error_pix;
  std::vector<InjectionRound> rounds;  ///< numbered on after the realisations

  void describe(Keys& keys);
};

/// What is drawn for a realisation of a field.
struct InjectionPlan {
  std::uint64_t seed = 1;
  PopulationOptions population;
  InjectionOptions injection;
  std::vector<std::string> bands;               ///< names, lower case: of columns
  std::vector<double> galactic_extinction_mag;  ///< of each band
  std::size_t reference = 0;                    ///< band
};

}  // namespace arcproof::mocks

// Does a posterior say what the data say, or what its prior on the age says?
//
// The draws of a posterior under one prior, weighted by the ratio of another to it, are draws under the other. From
// the published prior (uniform in age) to one uniform in log age the weight is 1 / age, and age the other way. Where
// age or mass move by as much as their own error, the prior decides.
#pragma once

#include "engine/sed/fits/posterior.h"

namespace arcproof::sed {

struct PriorSensitivity {
  double log_age_yr = 0, log_mass_msun = 0;  ///< medians under the other prior on the age
  bool prior_dominated =
      false;  ///< one of them moves by more than 0.2 dex and by more than half its 68% interval's
              ///< half-width
};

/// `used` is the prior of the fit. NaN and false without draws. With few draws at young ages the shift is a lower
/// limit.
PriorSensitivity prior_sensitivity(const SedPosterior& fit, AgePrior used);

}  // namespace arcproof::sed

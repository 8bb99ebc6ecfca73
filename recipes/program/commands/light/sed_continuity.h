// The protocol `continuity` of `arcproof sed`.
#pragma once

#include "recipes/program/commands/light/sed_protocols.h"

namespace arcproof::commands {

/// The posterior of a host, its history in bins (engine/sed/fits/continuity.h). Throws InputError where the
/// bins make no history at a redshift of the catalogue.
SedProducts fit_continuity(const SedInputs& inputs);

}  // namespace arcproof::commands

// Band passes for those who have no file of them.
#pragma once

#include "engine/sed/filter.h"

#include <string>
#include <vector>

namespace arcproof::sed {

/// Embedded default: a smooth-edged top hat through the published half-power points of the band (JWST NIRCam,
/// HST ACS/WFC3 documentation), for a band such as "F150W". Synthetic magnitudes of smooth spectra agree with
/// the real curves to the accuracy stated in the source. Throws InputError naming the band and the bands
/// known.
Filter parametric_filter(const std::string& band);
std::vector<std::string> parametric_filter_bands();

}  // namespace arcproof::sed

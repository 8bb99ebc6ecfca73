// Limits of keys: a value beyond them is almost certainly a typo or in another unit.
#pragma once

#include "engine/core/keys.h"

namespace arcproof::plausible {

inline constexpr Allowed age_myr = Allowed::above(0, 14000);
inline constexpr Allowed logarithmic_age_myr = Allowed::between(0.01, 14000);
inline constexpr Allowed metallicity = Allowed::between(1e-5, 0.1);
inline constexpr Allowed mass_msun = Allowed::above(0, 1e13);
inline constexpr Allowed radius_pc = Allowed::above(0, 1e5);
inline constexpr Allowed place_arcsec = Allowed::between(-36000, 36000);  ///< a flat frame ends there
inline constexpr Allowed size_arcsec = Allowed::above(0, 3600);
inline constexpr double largest_magnification = 1e4;

}  // namespace arcproof::plausible

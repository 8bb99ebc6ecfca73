// The truth about an injected clump.
#pragma once

#include "engine/core/random.h"
#include "engine/lens/model.h"
#include "engine/sed/synthesis.h"

#include <cstdint>
#include <string>
#include <vector>

namespace arcproof::mocks {

/// A clump behind the lens: all its images share it.
struct Clump {
  double z = 0;
  lens::Vector2 source_arcsec;  ///< centre in the source plane, lens frame
  double radius_pc = 0;   ///< half-light radius of the circular equivalent: sqrt(major * minor) sqrt(2 ln 2)
  double axis_ratio = 1;  ///< minor / major in the source plane
  double angle_rad = 0;   ///< of the major axis, counter-clockwise from +x (west)
  double mass_msun = 0;   ///< formed
  sed::Population population;
  std::vector<double> flux_njy;  ///< per band: intrinsic (mu = 1), after Milky-Way extinction
};

struct Range {
  double low = 0, high = 0;
};

/// A number whose logarithm is uniform in the range.
double uniform_in_log(const Range& range, Random& random);

/// What is drawn, and from where. Logarithmic ranges are uniform in log10.
struct PopulationOptions {
  Range radius_pc{3, 300};    ///< logarithmic
  Range mass_msun{1e5, 1e9};  ///< logarithmic
  Range age_myr{1, 3000};     ///< logarithmic; cut at the age of the Universe
  Range ebv_mag{0, 0.5};      ///< uniform
  Range axis_ratio{0.5, 1};   ///< uniform
  std::vector<double> metallicity = {0.0004, 0.004, 0.008, 0.02};  ///< equal chances
  sed::StarFormation history{10};
  /// When high > low: the mass is set such that the observed magnitude in the reference band, at the
  /// magnification of the drawn position, is uniform in this range; `mass_msun` is then not used.
  Range observed_mag_ab{0, 0};
};

/// Draws everything but position and fluxes.
Clump draw_clump(const PopulationOptions& options, double z, double age_of_universe_myr, Random& random);

}  // namespace arcproof::mocks

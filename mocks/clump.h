// The truth about an injected clump.
#pragma once

#include "engine/core/keys.h"
#include "engine/core/plausible.h"
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
  Range radius_pc{3, 300};
  Range mass_msun{1e5, 1e9};
  Range age_myr{1, 3000};
  Range ebv_mag{0, 0.5};
  Range axis_ratio{0.5, 1};
  std::vector<double> metallicity = {0.0004, 0.004, 0.008, 0.02};
  sed::StarFormation history{10};
  Range observed_mag_ab{0, 0};

  void describe(Keys& keys) {
    keys.interval("radius_pc", radius_pc.low, radius_pc.high, "pc", "half-light radius, uniform in log",
                  plausible::radius_pc);
    keys.interval("mass_msun", mass_msun.low, mass_msun.high, "Msun", "stellar mass formed, uniform in log",
                  plausible::mass_msun);
    keys.interval("age_myr", age_myr.low, age_myr.high, "Myr",
                  "age, uniform in log, cut at the age of the Universe", plausible::logarithmic_age_myr);
    keys.interval("ebv_mag", ebv_mag.low, ebv_mag.high, "mag", "colour excess E(B-V), uniform",
                  Allowed::between(0, 10));
    keys.interval("axis_ratio", axis_ratio.low, axis_ratio.high, "",
                  "axis ratio in the source plane, uniform", Allowed::between(0.01, 1));
    keys.numbers("metallicity", metallicity, "mass fraction", "metallicities Z, with equal probability",
                 plausible::metallicity);
    keys.number("history_myr", history.duration_myr, "Myr",
                "duration of constant star formation; 0: a single burst", Allowed::between(0, 14000));
    keys.interval("observed_mag_ab", observed_mag_ab.low, observed_mag_ab.high, "AB mag",
                  "where not [0, 0]: observed magnitude in the reference band at the magnification of the "
                  "drawn place, uniform; it sets the mass, and mass_msun is not used",
                  Allowed::between(0, 50));
  }
};

/// Draws everything but position and fluxes.
Clump draw_clump(const PopulationOptions& options, double z, double age_of_universe_myr, Random& random);

}  // namespace arcproof::mocks

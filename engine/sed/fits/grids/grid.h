// Model fluxes on a grid of population parameters at one redshift. The axes are those of protocol
// `claeyssens2023`: Claeyssens+2023 section 5.4.
#pragma once

#include "engine/core/keys.h"
#include "engine/core/plausible.h"
#include "engine/sed/synthesis.h"

#include <string>
#include <vector>

namespace arcproof::sed {

struct GridAxes {
  std::vector<double> metallicity = {0.0004, 0.004, 0.008, 0.02};
  double solar_dropped_above_z = 3;
  std::vector<StarFormation> histories = {{10.0}};  // reference: constant for 10 Myr
  double log_age_yr_min = 6.0, log_age_yr_step = 0.05;
  double ebv_max_mag = 1.0, ebv_step_mag = 0.05;
  double lyman_alpha_dropped_above_z = 6;  ///< no bands at or below Lyman-alpha at higher z

  void describe(Keys& keys) {
    keys.numbers("metallicity", metallicity, "mass fraction", "metallicities Z of the grid",
                 plausible::metallicity);
    keys.number("solar_dropped_above_z", solar_dropped_above_z, "",
                "no models with Z >= 0.02 above this redshift", Allowed::between(0, 1000));
    keys.number("log_age_yr_min", log_age_yr_min, "log10 yr", "youngest age", Allowed::between(5, 8));
    keys.number("log_age_yr_step", log_age_yr_step, "dex", "step in age, up to the age of the Universe",
                Allowed::between(0.005, 1));
    keys.number("ebv_max_mag", ebv_max_mag, "mag", "largest colour excess E(B-V)", Allowed::between(0, 10));
    keys.number("ebv_step_mag", ebv_step_mag, "mag", "step in E(B-V)", Allowed::between(0.005, 10));
    std::vector<double> durations;
    for (const StarFormation& history : histories) durations.push_back(history.duration_myr);
    keys.numbers("history_myr", durations, "Myr", "durations of constant star formation; 0: a single burst",
                 Allowed::between(0, 14000));
    histories.clear();
    for (const double duration : durations) histories.push_back({duration});
  }
};

struct ModelGrid {
  double z = 0;
  std::vector<std::string> bands;
  std::vector<Population> models;         ///< by metallicity, history, age and, fastest, reddening
  std::vector<double> flux_njy_per_msun;  ///< [model * bands + band]
  std::vector<bool> usable_band;          ///< inside the library; not at or below Lyman-alpha when z > 6
  double flux(std::size_t model, std::size_t band) const {
    return flux_njy_per_msun[model * bands.size() + band];
  }
};
ModelGrid build_grid(const BandSynthesis& synthesis, const GridAxes& axes, const sky::Cosmology& cosmology);

}  // namespace arcproof::sed

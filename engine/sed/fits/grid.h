// Model fluxes on a grid of population parameters at one redshift. The axes are those of protocol
// `claeyssens2023`: Claeyssens+2023 section 5.4.
#pragma once

#include "engine/sed/synthesis.h"

#include <string>
#include <vector>

namespace arcproof::sed {

struct GridAxes {
  std::vector<double> metallicity = {0.0004, 0.004, 0.008, 0.02};
  double solar_dropped_above_z = 3;                     ///< no Z >= 0.02 at higher redshift
  std::vector<StarFormation> histories = {{10.0}};      ///< reference: constant for 10 Myr
  double log_age_yr_min = 6.0, log_age_yr_step = 0.05;  ///< up to the age of the Universe at z
  double ebv_max_mag = 1.0, ebv_step_mag = 0.05;
  double lyman_alpha_dropped_above_z = 6;  ///< no bands at or below Lyman-alpha at higher z
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

// Priors and cells of a population's posterior, and model fluxes at the centres of the cells (posterior.h says
// what they are for).
#pragma once

#include "engine/core/keys.h"
#include "engine/sed/synthesis.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace arcproof::sed {

enum class AgePrior { uniform, log_uniform };

/// Claeyssens+2025: age T_0 of the start of star formation uniform up to the age of the Universe; mass formed
/// from 10^3 to 10^15 Msun (uniform in its logarithm, as Bagpipes samples it); Z log-uniform from 10^-3
/// to 1.5 Zsun; A_V uniform; log U uniform. Metallicities beyond the library's have the spectra of its ends.
struct PosteriorPriors {
  AgePrior age = AgePrior::uniform;
  double age_min_myr = 1;
  double log_mass_min = 3, log_mass_max = 15;
  double log_z_solar_min = -3, log_z_solar_max = 0.17609125905568124;
  double solar_metallicity = 0.02;
  double av_min_mag = 0, av_max_mag = 1;
  double log_u_min = -3, log_u_max = -1;
};

/// Cells of the quadrature. Ages are cut evenly in the logarithm; where log U changes no flux by 1e-3, it has
/// one cell.
struct PosteriorCells {
  double log_age_step = 0.05;
  int metallicity = 24, av = 24, log_u = 8;
};

/// What the populations are. Reference of the paper: exponential, tau = 1 Myr; its Bagpipes setup has all
/// ionising photons absorbed and the gas as reddened as the stars.
struct PosteriorModel {
  StarFormation history{.duration_myr = 0, .form = HistoryForm::exponential, .tau_myr = 1};
  SynthesisOptions synthesis{.covering_fraction = 1};
  PosteriorPriors priors;
  PosteriorCells cells;
  double lyman_alpha_dropped_above_z = 6;  ///< as GridAxes

  /// What a user sets; `synthesis` describes itself.
  void describe(Keys& keys) {
    keys.number("tau_myr", history.tau_myr, "Myr", "claeyssens2025: time scale of exp(-t / tau), the history",
                Allowed::above(0));
    keys.choice("age_prior", priors.age, "claeyssens2025: prior of the age",
                {{"uniform", AgePrior::uniform}, {"log_uniform", AgePrior::log_uniform}});
  }
};

/// Fluxes per solar mass formed at the centres of all cells, for one redshift and set of bands; shared by all
/// clumps there. Memory: 4 bytes a model and band (claeyssens2025 at z = 1.38, 13 bands: see models()).
struct PosteriorGrid {
  double z = 0, age_of_universe_myr = 0;
  sky::Cosmology cosmology;
  PosteriorModel model;
  std::vector<std::string> bands;
  std::vector<bool> usable_band;
  std::vector<double> log_age_myr_edge;                   ///< log10; ages + 1 of them
  std::vector<double> log_age_myr, log_z, av_mag, log_u;  ///< centres; Z a mass fraction
  std::vector<std::size_t>
      first;  ///< [age]: its first model; models of an age: (Z * A_V + A_V) * log U + log U
  std::vector<std::size_t> log_u_cells;      ///< [age]: all, or 1
  std::vector<std::vector<float>> flux_njy;  ///< [band][model], per Msun formed
  std::vector<double> surviving;             ///< [age * metallicities + Z]; NaN where unknown

  std::size_t models() const { return flux_njy.empty() ? 0 : flux_njy.front().size(); }
  std::size_t memory_bytes() const { return models() * flux_njy.size() * sizeof(float); }
};

/// ContractError for priors or cells that are empty, or a Universe younger than age_min.
PosteriorGrid build_posterior_grid(const std::shared_ptr<const Library>& library,
                                   const std::vector<Filter>& filters, double z,
                                   const sky::Cosmology& cosmology, const PosteriorModel& model);

}  // namespace arcproof::sed

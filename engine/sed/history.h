// Star formation histories, and what they make of a stellar library: the shares of its single bursts.
#pragma once

#include "engine/sed/libraries/library.h"

#include <cstddef>
#include <vector>

namespace arcproof::sed {

/// Rate of star formation with the time s since its start, which is the population's age ago:
///   constant     1 for s < duration_myr, then 0; duration 0 is a single burst
///   exponential  exp(-s / tau)
///   delayed      s exp(-s / tau)
enum class HistoryForm { constant, exponential, delayed };

struct StarFormation {
  double duration_myr = 0;  ///< of `constant`
  HistoryForm form = HistoryForm::constant;
  double tau_myr = 0;  ///< of `exponential` and `delayed`, > 0
  bool operator==(const StarFormation&) const = default;
};

/// Share of the mass formed by `age` that was formed in the first `since_start_myr` of it.
double formed_fraction(const StarFormation& history, double age_myr, double since_start_myr);

/// Mean age of the stars formed, by mass formed: T - duration / 2 once formation has ended;
/// T - tau + T / (e^(T / tau) - 1) of `exponential`.
double mass_weighted_age_myr(const StarFormation& history, double age_myr);

/// Star formation rate [Msun / yr per Msun formed], the mean over the last `window_myr` or, for a younger
/// population, the mean over that window all the same: mass formed within it over its length.
double specific_rate_per_yr(const StarFormation& history, double age_myr, double window_myr);

/// A stellar population, all that its spectrum depends on. Mass is mass FORMED by `age`.
struct Population {
  double age_myr = 10;
  double metallicity = 0.008;
  double ebv_mag = 0;  ///< of the stars, by the synthesis' dust law; the gas: see SynthesisOptions
  StarFormation history;
};

/// A population with the mass it formed [Msun]; several make a galaxy.
struct FormedMass {
  Population population;
  double mass_msun = 0;
};

/// Share of one spectrum of the library in the spectrum of a population.
struct NodeWeight {
  std::size_t metallicity = 0, age = 0;  ///< indices of the library
  double weight = 0;
};

/// The library's spectra are taken to be straight lines in log age and in log Z between its nodes, and
/// constant beyond them; the integral over a history is exact for that interpolation (to 1e-10 for the
/// exponentials), so that a short history tends to a single burst. Weights are not negative and add up to 1.
/// ContractError unless age > 0, Z > 0, duration >= 0 and, for exponentials, tau > 0.
std::vector<NodeWeight> node_weights(const Library& library, const Population& population);

/// Living stars and remnants of a population over the mass it formed, by node_weights. Masses of this module
/// are masses formed; times this they are masses still in stars. NaN where the library does not know.
double surviving_fraction(const Library& library, const Population& population);

}  // namespace arcproof::sed

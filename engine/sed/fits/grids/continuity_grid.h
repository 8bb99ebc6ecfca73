// Bins of time of a host's star formation, and the fluxes of stars formed in each (continuity.h says what for).
#pragma once

#include "engine/core/keys.h"
#include "engine/sed/synthesis.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::sed {

/// Claeyssens+2025: upper ends of the bins [Myr before the observation].
inline constexpr double claeyssens2025_bins_myr[] = {10,   30,   50,   100,  200,  400,  600,  800,
                                                     1000, 1500, 2000, 3000, 5000, 7000, 8000, 10500};

/// Edges of the bins [Myr]: 0, the wanted ends below the age of the Universe, and that age; an end after
/// which less than half of the bin before it would be left is dropped. ContractError unless they are above 0
/// and increasing and make two bins or more.
std::vector<double> continuity_edges_myr(std::span<const double> ends_myr, double age_of_universe_myr);

/// Where Claeyssens+2025 does not say (all but the bins), the ranges of the star clusters; A_V up to 4 mag.
struct ContinuityModel {
  std::vector<double> bin_ends_myr{std::begin(claeyssens2025_bins_myr), std::end(claeyssens2025_bins_myr)};
  double ratio_scale = 0.3;  ///< [dex] of Student's t
  double log_mass_min = 3, log_mass_max = 15;
  double log_z_solar_min = -3, log_z_solar_max = 0.17609125905568124;
  double solar_metallicity = 0.02;
  double av_min_mag = 0, av_max_mag = 4;
  double log_u_min = -3, log_u_max = -1;
  SynthesisOptions synthesis{.covering_fraction = 1};
  double lyman_alpha_dropped_above_z = 6;  ///< as GridAxes

  /// What a user sets; `synthesis` describes itself.
  void describe(Keys& keys) {
    constexpr std::size_t most_bins = 40;
    keys.numbers("bin_ends_myr", bin_ends_myr, "Myr before the observation", "continuity: ends of the bins",
                 Allowed::at_least(0.1));
    keys.check(
        bin_ends_myr.size() <= most_bins, "bin_ends_myr",
        [this] { return fmt::format("{} ends", bin_ends_myr.size()); },
        fmt::format("up to {} ends of bins", most_bins));
    keys.check(
        std::adjacent_find(bin_ends_myr.begin(), bin_ends_myr.end(), std::greater_equal<>()) ==
            bin_ends_myr.end(),
        "bin_ends_myr", [this] { return fmt::format("{:g}", fmt::join(bin_ends_myr, ",")); },
        "ends of bins that increase");
  }
};

/// Fluxes of one solar mass formed in each bin, at nodes of Z, A_V and log U; for one redshift and set of
/// bands, shared by all galaxies there.
struct ContinuityGrid {
  double z = 0, age_of_universe_myr = 0;
  sky::Cosmology cosmology;
  ContinuityModel model;
  std::vector<std::string> bands;
  std::vector<bool> usable_band;
  std::vector<double> edge_myr;              ///< bins + 1
  std::vector<double> log_z, av_mag, log_u;  ///< nodes; Z a mass fraction
  std::vector<float> flux_njy;    ///< [(((Z * A_V + A_V) * log U + log U) * bins + bin) * bands + band]
  std::vector<double> surviving;  ///< [Z * bins + bin]; NaN where unknown

  std::size_t bins() const { return edge_myr.size() - 1; }
  std::size_t memory_bytes() const { return flux_njy.size() * sizeof(float); }
};

/// ContractError for ranges that are empty, and as continuity_edges_myr.
ContinuityGrid build_continuity_grid(const std::shared_ptr<const Library>& library,
                                     const std::vector<Filter>& filters, double z,
                                     const sky::Cosmology& cosmology, const ContinuityModel& model);

}  // namespace arcproof::sed

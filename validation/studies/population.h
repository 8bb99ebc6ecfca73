// What the catalogue says of the population beside the mass function: densities, boundedness, formation,
// sizes.
#pragma once

#include "engine/io/table.h"
#include "engine/sky/cosmology.h"

#include <cstdint>
#include <string>

namespace arcproof::studies {

/// Edges of the bins in redshift; a row for all redshifts comes first.
inline constexpr double population_redshifts[] = {0, 1, 2, 4, 6, 10, 20};

struct PopulationOptions {
  sky::Cosmology cosmology;
  std::string reference_band;  ///< lower case
  bool has_sed = true;         ///< the catalogue has masses and ages
  std::uint64_t seed = 1;      ///< of the fits of relations
  int threads = 1;
};

/// Table POPULATION, a row for each quantity and bin of redshift with at least 3 clumps, of the catalogue's
/// selected clumps with a host, no counter images:
///
///   quantity       log_density_msun_pc2   log10 M / (2 pi R^2), resolved clumps (Claeyssens+2023, eq. 4)
///                  radius_pc              half-light radius, resolved clumps
///                  absmag                 AB, reference band, demagnified
///                  log_mass_msun, log_age_yr
///                  formation_redshift     at which the Universe had the age of today's z less the clump's
///                  log_dynamical_age      log10 Pi, Pi = age / tau_cross, resolved clumps
///   z_low, z_high, n
///   median, q16, q84
///   corrected_median, corrected_q16, corrected_q84
///                  each clump counts its weight (validation/correction/corrected.h). p_detect is that of the injected
///                  population; it mends what was lost, not what was never there
///   n_limits       unresolved clumps of the bin: left out of radius and density, which are therefore too
///                  large
///
/// Without SED fits only radius and magnitude.
io::Table population_table(const PopulationOptions& options, const io::Table& catalogue);

/// Table BOUND, a row for each bin of redshift: expected fraction of clusters with Pi > 1, with errors of
/// age, size and mass (engine/population/size_mass.h), sizes below the limit at the limit: a lower limit.
/// Also of clumps by their weight.
io::Table bound_table(const PopulationOptions& options, const io::Table& catalogue);

/// Table FORMATION, a row for each selected clump with a host and an age, no counter images: its row in the
/// catalogue, z, formation_redshift with its 16 and 84% from the error of the age, log_mass_msun, weight. NaN
/// where the clump, or the end of its error, is older than the Universe was.
io::Table formation_table(const PopulationOptions& options, const io::Table& catalogue);

/// Table RELATIONS: log10 R = a + b (log10 X - pivot) + scatter, with errors in both, and upper limits of
/// sizes (engine/population/size_mass.h): size_mass, X = M, of all; luminosity_size, X = 10^(-0.4 M_AB), by
/// bin of redshift. One row a parameter: median, q16, q84. Fits need 5 resolved clumps. Not corrected for
/// completeness.
io::Table relations_table(const PopulationOptions& options, const io::Table& catalogue);

}  // namespace arcproof::studies

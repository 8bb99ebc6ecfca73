// The mass function's tables, which a run writes and `arcproof cmf` writes alike: from a catalogue and a
// table of injections to the columns of mass_function.fits.
#pragma once

#include "engine/io/json.h"
#include "engine/io/table.h"
#include "validation/studies/mass_columns.h"

#include <span>
#include <string>
#include <vector>

namespace arcproof::studies {

/// Header card of a run's catalogue and injections: the hash of the recipe. Tables of different recipes do
/// not belong together.
inline constexpr const char* recipe_note = "RECIPE";

struct PublishedMassFunctions {
  int clusters = 0;                               ///< selected
  std::vector<population::MassFunctionFit> fits;  ///< power law, Schechter; none with fewer than 3 clusters
  std::vector<io::Table> tables;                  ///< MASSFUNC (summary), then the chain of each model
  io::Json convergence;    ///< model -> parameter -> numbers (validation/convergence.h)
  io::Json at_prior_edge;  ///< list of "model, parameter": posteriors that pile up at the end of their prior
};
/// Power law and Schechter as published (engine/population/mass_function.h).
PublishedMassFunctions fit_published(std::span<const population::ClusterMass> clusters,
                                     const population::MassFunctionOptions& options, std::uint64_t seed,
                                     int threads = 1);

/// Power law and Schechter, corrected (engine/population/corrected.h). `lowest_mass_msun` 0: the least
/// injected mass, or the cut if that is less.
std::vector<population::CorrectedFit> fit_corrected(std::span<const population::ClusterMass> clusters,
                                                    std::span<const population::InjectedClumpImage> images,
                                                    const population::InjectedMasses& drawn,
                                                    double lowest_mass_msun,
                                                    const population::MassFunctionOptions& options,
                                                    int threads = 1);

/// Table CORRECTED: a row for each parameter of each model.
io::Table corrected_table(std::span<const population::CorrectedFit> fits);

}  // namespace arcproof::studies

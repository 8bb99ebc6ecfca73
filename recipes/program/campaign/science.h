// The science side of a run: the catalogue of the un-injected fields and its mass function.
#pragma once

#include "engine/io/json.h"
#include "engine/io/table.h"
#include "recipes/program/campaign/field_setup.h"
#include "validation/criteria.h"

namespace arcproof::recipes {

/// Measures all fields without injections. Rows of clumps in hosts; `counter_image_of` names the brighter
/// image of the same clump (detection_id, same field; engine/pipeline/counter_images.h).
io::Table science_catalogue(const Recipe& recipe, const std::vector<FieldSetup>& fields, int threads);

/// What was drawn for the hosts of simulated fields; no rows for real ones.
io::Table host_truth(const Recipe& recipe, const std::vector<FieldSetup>& fields);

struct MassFunctionProducts {
  std::vector<io::Table>
      tables;  ///< MASSFUNC (summary), then the chains of each model, then CORRECTED if it was asked for
  io::Json convergence;
  io::Json at_prior_edge;  ///< list of "model, parameter": posteriors that pile up at the end of their prior
  io::Json notes;          ///< list of sentences: which corrected fit could not be made, and why
};

/// Whether a run of this recipe corrects its mass function: asked for, masses measured, and injected masses
/// drawn from a known density (not set by an observed magnitude).
bool corrects_mass_function(const Recipe& recipe);

/// Power law and Schechter of the catalogue's clusters: selected, fitted, no counter images. As published;
/// and corrected with the run's injections (engine/population/corrected.h). Sets metrics mass_function.* and
/// convergence.*.
MassFunctionProducts fit_mass_functions(const Recipe& recipe, const io::Table& catalogue,
                                        const io::Table& injections, int threads,
                                        validation::Metrics& metrics);

}  // namespace arcproof::recipes

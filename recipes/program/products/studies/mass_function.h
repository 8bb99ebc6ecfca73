// Power law and Schechter function of the catalogue's clusters: selected, fitted, no counter images. As
// published; and corrected with the run's injections (engine/population/corrected.h).
#pragma once

#include "recipes/program/products/product.h"

namespace arcproof::recipes {

/// mass_function.fits: MASSFUNC (summary), then the chains of each model, then CORRECTED where the run corrects
/// its mass function. convergence.json: {} without a mass function. In report.json: at_prior_edge, posteriors
/// that pile up at an end of their prior ("model, parameter"), and not_corrected, a sentence for each corrected
/// fit that could not be made.
extern const Product mass_function_product;

}  // namespace arcproof::recipes

// Metrics of the mass function's fits, published and corrected.
//
//   mass_function.n_clusters                                clusters selected
//   mass_function.MODEL.PARAMETER.median, .q16, .q84        of the posterior, as published
//   convergence.MODEL.PARAMETER.r_hat_between_ensembles, .ess_bulk, .ess_tail, .length_over_tau
//                                                           of its chains (validation/convergence.h)
//   mass_function.corrected.MODEL.PARAMETER.median, .q16, .q84, .n_eff
//                                                           corrected (engine/population/corrected.h)
#pragma once

#include "validation/metrics/metric.h"
#include "validation/studies/mass_function_tables.h"

#include <span>
#include <vector>

namespace arcproof::studies {

void set_published_metrics(const PublishedMassFunctions& published, validation::Metrics& metrics);
void set_corrected_metrics(std::span<const population::CorrectedFit> fits, validation::Metrics& metrics);

/// Of both; without the corrected fits where none are made. A run with too few clusters sets the first alone.
std::vector<validation::MetricDescription> mass_function_metrics(bool corrected);

}  // namespace arcproof::studies

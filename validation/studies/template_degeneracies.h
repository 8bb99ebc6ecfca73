// What fits cannot tell apart: errors in age that go together with errors in dust or metallicity although the
// template is the right one, and ages that depend on the history one believes in (Claeyssens+2023,
// section 5.4 and Fig. 5). From the rows of CLUMPS of validation/studies/templates.h.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <string>
#include <vector>

namespace arcproof::studies {

/// Spearman's: the linear correlation of the ranks, equal values sharing their mean rank. Pairs with a NaN
/// are left out; NaN with fewer than three pairs, and where all values of one side are equal.
double rank_correlation(const std::vector<double>& x, const std::vector<double>& y);

/// Table DEGENERACY: a row for each template fitted to itself, and a last one, "all", for all their clumps.
///   template, n_fitted
///   age_dust_correlation, age_metallicity_correlation   rank correlation of the errors (fitted - true) in log
///                                                       age with those in A_V and in log Z
io::Table degeneracy_table(const io::Table& clumps);

/// Table HISTORY: a row for each truth and each two templates fitted to its clumps, clump by clump.
///   truth_template, template_a, template_b, n_fitted (with both)
///   age_correlation                rank correlation of the fitted log ages
///   age_shift, age_shift_scatter   median of log age by b - by a; half of the 16% to 84% range [dex]
io::Table history_table(const io::Table& clumps);

/// Metrics of these tables:
///   templates.age_dust_correlation, templates.age_metallicity_correlation   of the row "all"
///   templates.age_history_correlation   lowest age_correlation of HISTORY
///   templates.age_history_shift         largest |age_shift| of HISTORY
/// NaN without such rows.
void set_degeneracy_metrics(const io::Table& degeneracy, const io::Table& history,
                            validation::Metrics& metrics);
std::vector<validation::MetricDescription> degeneracy_metrics();

}  // namespace arcproof::studies

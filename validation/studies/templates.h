// What a wrong belief about stellar populations does to ages, masses and dust: a template - stellar library,
// history of star formation, dust law - is the truth, another one is fitted. Tables and metrics of clumps whose
// photometry was made with each template and fitted with each.
//
// Every ordered pair (truth, analysis) is a row. The row of a template with itself shows what noise and the
// degeneracies of age, metallicity and dust do without any mismatch; its difference from the others of the
// same analysis is the mismatch's doing.
//
// The table of clumps has the columns
//   truth_template, analysis_template, same_template   rows of one pair follow each other, clump by clump
//   z, status ("fitted", or why not), chi2_reduced
//   true_X, X, X_lo, X_hi                              X of template_quantities; _lo and _hi the fit's 68% interval
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <array>
#include <string>
#include <vector>

namespace arcproof::studies {

struct TemplateQuantity {
  const char *name, *unit, *text;
};
inline constexpr std::array<TemplateQuantity, 5> template_quantities{
    {{"log_age_yr", "log(yr)", "age since star formation began"},
     {"log_mass_weighted_age_yr", "log(yr)", "age, mean by mass formed"},
     {"log_mass_msun", "log(solMass)", "mass formed"},
     {"av_mag", "mag", "attenuation in V"},
     {"log_metallicity", "", "log10 of the mass fraction Z"}}};

/// Tables PAIRS, AGE (bins of true log age, age_step_dex wide) and REDSHIFT of such rows: a row for each
/// pair, and in AGE and REDSHIFT for each bin with clumps.
///   truth_template, analysis_template, same_template; AGE: log_age_low, log_age_high; REDSHIFT: z
///   n_drawn, n_fitted
///   X_offset, X_offset_err, X_scatter   median of X - true_X of the fitted, its error (1.2533 scatter /
///                                       sqrt(n)), half of the 16% to 84% range
///   X_coverage                          share of 68% intervals that hold the truth
///   chi2_reduced_median                 what the data know of it
/// Then DEGENERACY and HISTORY of validation/studies/template_degeneracies.h.
std::vector<io::Table> template_tables(double age_step_dex, const io::Table& clumps);

/// Metrics of these tables, for criteria; those of the last two: validation/studies/template_degeneracies.h.
///   templates.pairs, templates.min_fitted         rows of PAIRS, and the fewest fitted clumps in one
///   templates.worst_abs_X, templates.self_abs_X   largest |X_offset| of two templates; of one with itself
///   templates.worst_bin_abs_X                     the same of two templates in any bin of AGE with 10 clumps
void set_template_metrics(const std::vector<io::Table>& tables, validation::Metrics& metrics);
std::vector<validation::MetricDescription> template_metrics();

}  // namespace arcproof::studies

// What a wrong belief about stellar populations does to ages, masses and dust: a template - stellar library,
// history of star formation, dust law - is the truth, another one is fitted.
//
// Catalogue level: photometry is drawn, not measured on images, so that what comes out is the templates'
// doing alone. At each redshift of `template_mismatch.redshifts`, `clumps` populations are drawn from the
// recipe's population (age, metallicity, E(B-V)); each is given the mass that makes its S/N in the reference
// band a number drawn uniformly in log from snr_low to snr_high, where one sigma of a band is the recipe's
// depth; noise of one sigma is added in every band, and the recipe's SED fit (pipeline.sed, pipeline.sed_grid
// with the template's history) is run. All pairs of templates see the same populations, S/N and noise: what
// differs between two rows is the template.
//
// Every ordered pair (truth, analysis) is a row. The row of a template with itself shows what noise and the
// degeneracies of age, metallicity and dust do without any mismatch; its difference from the others of the
// same analysis is the mismatch's doing.
// (validation/studies/templates.h makes the tables of pairs.)
#pragma once

#include "engine/io/table.h"
#include "recipes/program/fields/inputs.h"

namespace arcproof::recipes {

/// Table CLUMPS: a row for each pair of templates and clump.
///   truth_template, analysis_template, same_template, clump (the same number is the same population)
///   z, snr, true_metallicity
///   status                       fitted, too_few_bands, no_allowed_model or not_seen (no light in the
///                                reference band)
///   chi2_reduced
///   true_X, X, X_lo, X_hi        X = log_age_yr (since star formation began), log_mass_weighted_age_yr,
///                                log_mass_msun (formed), av_mag, log_metallicity; _lo and _hi the fit's 68%
///                                interval
io::Table template_clumps(const Recipe& recipe, const Inputs& inputs, int threads);

}  // namespace arcproof::recipes

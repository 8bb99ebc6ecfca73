// The truth-substitution ladder: the same recovered clumps analysed again with true values put in, in turn and
// cumulatively. The step at which the bias of a quantity goes is the step of the analysis that made it.
//
//   rung  name              put in beside what the rungs before put in
//   0     as_measured       nothing
//   1     position          centre of the image; shape and fluxes are refitted there
//   2     shape             lensed standard deviations and position angle before the PSF; fluxes are refitted,
//                           linearly
//   3     fluxes            of all bands; their errors stay, as weights and limits of the SED fit
//   4     magnification     that which multiplied the clump's flux, and |mu_t| at its centre; without errors
//   5     redshift          where the analysis takes another (field key analysis_z); else nothing changes
//   6     metallicity_dust  the SED fit chooses among the models nearest in Z and E(B-V), with the dust law of
//                           the truth
//
// What the last rung leaves is the method's own: the grid's steps, a library or a history that is not the truth's,
// the one-axis radius of a clump that is not round.
//
// Intervals are those that the pipeline states with the values put in. Where nothing uncertain is left - the
// magnitude from rung 3 on, the radius from rung 4 on - the interval has no width, and there is no coverage. From rung 3 on the
// intervals of mass and age still hold the errors of the fluxes: no coverage of 68% is to be expected there - more
// where these errors matter, less where they are below the grid's steps.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace arcproof::studies {

inline constexpr std::array<const char*, 7> ladder_rungs = {
    "as_measured", "position", "shape", "fluxes", "magnification", "redshift", "metallicity_dust"};
/// Numbers of those that the code asks for.
enum LadderRung {
  rung_as_measured,
  rung_position,
  rung_shape,
  rung_fluxes,
  rung_magnification,
  rung_redshift,
  rung_metallicity_dust
};

struct LadderQuantity {
  const char *name, *unit, *text;
  bool needs_sed;
};
inline constexpr std::array<LadderQuantity, 4> ladder_quantities{
    {{"mag", "mag", "observed AB magnitude, reference band", false},
     {"log_radius_pc", "", "log10 of the half-light radius [pc]; NaN where the clump is unresolved", false},
     {"log_mass_msun", "", "log10 of the stellar mass formed [solMass]", true},
     {"log_age_yr", "", "log10 of the age [yr]", true}}};

/// Rows of table LADDER_ROWS at one rung, one a recovered row of `joined`: the columns of match.h, its measured_
/// ones as this rung has them.
///   injection_id, parent_id, rung, name
///   true_X, X, X_low, X_high   X of ladder_quantities; the interval of 68% (magnitude: +- 1 sigma), NaN where
///                              it has no width
///   mu                         |mu| that was used
io::Table ladder_rows_of(int rung, const io::Table& joined, const std::string& reference_band);

/// Table LADDER, a row for each rung and quantity. At every rung the clumps are those which have the quantity at
/// all rungs.
///   rung, name, quantity, quantity_unit, n
///   bias, bias_err, scatter                   median of measured - true; 1.4826 MAD
///   n_interval, coverage_68, coverage_68_err  share of true values inside the intervals; half of its 68%
///                                             Jeffreys interval
///   bias_change, bias_change_err              bias - bias of the rung before; 0 +- 0 where nothing changes
///   coverage_change, coverage_change_err      the same of clumps with intervals at both rungs
/// Errors of biases and changes: standard deviation over 300 bootstrap samples of injected clumps (all images of a
/// clump together, all rungs of an image together, so that changes are paired), stream (seed, "ladder"). Nothing
/// is said of fewer than 3 clumps.
io::Table ladder_table(const io::Table& rows, std::uint64_t seed);

/// Metrics of that table:
///   ladder.clumps               recovered injections in it
///   ladder.<name>.<quantity>.bias, .bias_change (not of rung 0), .coverage
void set_ladder_metrics(const io::Table& ladder, const io::Table& rows, bool has_sed,
                        validation::Metrics& metrics);
std::vector<validation::MetricDescription> ladder_metrics(bool has_sed);

}  // namespace arcproof::studies

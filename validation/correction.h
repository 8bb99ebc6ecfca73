// Applies corrections from injections to the science catalogue, row by row.
#pragma once

#include "engine/core/keys.h"
#include "engine/io/table.h"

#include <string>

namespace arcproof::validation {

struct CorrectionOptions {
  std::string reference_band;  ///< lower case
  int neighbours = 60;
  double mag_scale = 0.5;       ///< one unit of distance along magnitude ...
  double log_size_scale = 0.2;  ///< ... and along log10 of the circular sigma [dex]
  double far = 2.0;  ///< injections beyond this are used only where fewer than 5 are nearer (`extrapolated`)

  void describe(Keys& keys) {
    keys.integer("neighbours", neighbours, "",
                 "number of nearest injections used to correct each catalogue row", Allowed::between(5, 1e6));
  }
};

/// Adds columns to a catalogue (mag_<band>, sigma_circular_pix, log_mass_msun, radius_pc of each row):
///
///   bias        among recovered injections that were MEASURED like the row (magnitude and size): median of
///               measured - true of magnitude, log radius, log mass; debiased values; scatter in place of the
///               catalogue's error where it is larger
///   p_detect    among injections whose TRUE magnitude and size are like the row's debiased ones: the fraction
///               recovered with its 68% interval; weight 1 / p_detect
///   n_nearby    injections consulted; `extrapolated` when fewer than 5 of them are near
///
/// Rows without a magnitude get NaN and extrapolated = true. With fewer than 5 neighbours corrections are
/// NaN.
io::Table corrected(const io::Table& catalogue, const io::Table& joined, const CorrectionOptions& options);

}  // namespace arcproof::validation

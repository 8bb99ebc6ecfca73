// From the columns of a catalogue and of a table of injections to clusters and injected clumps.
#pragma once

#include "engine/io/table.h"
#include "engine/population/corrected.h"
#include "engine/population/mass_function.h"

#include <string>
#include <vector>

namespace arcproof::studies {

/// Clusters of a catalogue, with the row of the table each comes from.
struct CatalogueClusters {
  std::vector<population::ClusterMass> clusters;
  std::vector<std::size_t> rows;
  bool has_ages = false;           ///< else no cluster has one, and no cut on age is made
  std::size_t without_mass = 0;    ///< clusters whose mass is no finite number: no fit takes them
  std::string mass_column;         ///< that was read
  std::string unread_mass_column;  ///< the other form, where the table has both; "" where it has one
};

/// Reads clusters from a table; column names in any case.
///   mass    log_mass_msun [dex], or mass_msun [solMass]
///   error   of either: NAME_err; or NAME_q16 and NAME_q84; or NAME_lo and NAME_hi (16 and 84%): half their
///           distance. An error of mass_msun is divided by M ln 10. log_mass_mu_err, where it is there, is
///           added in quadrature. `error_dex`, if not NaN, stands for all of these.
///   age     log_age_yr, and its error in the same forms (without: 0); optional
/// Rows are left out where a column `selected` is false, `sed_status` is not "fitted", `status` is
/// "too_few_bands" or "no_allowed_model", or `counter_image_of` names another row: what arcproof's own tables
/// say. InputError naming `file` and the
/// column that is missing or holds no numbers.
CatalogueClusters read_clusters(const io::Table& table, const std::string& file, double error_dex);

/// Images of injected clumps, from a table as a run writes to injections.fits: parent_id,
/// true_log_mass_msun, recovered, measured_log_mass_msun, and measured_log_age_yr if `with_ages`; where they
/// are there: injection_flag, true_mu, measured_sed_status, measured_snr_BAND (`reference_band`, small
/// letters), log_draw_density (natural log, 1/dex), weight_clumps (of its place), and the error of the measured mass in the forms of
/// read_clusters. InputError naming `file` and the column.
std::vector<population::InjectedClumpImage> read_injected_images(const io::Table& table,
                                                                 const std::string& file,
                                                                 const std::string& reference_band,
                                                                 bool with_ages);

}  // namespace arcproof::studies

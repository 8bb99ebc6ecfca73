// How many of the selected rows are clumps: by the truth of simulated hosts, by the negative image, and by objects
// that the same selection finds outside the host.
#pragma once

#include "engine/io/table.h"
#include "validation/metrics/metric.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// What a row of the catalogue is, told by what was drawn for a simulated host:
///   true    an image within max(1.5 pixels, its sigma_major up to 6 pixels), the flux right to 0.75 mag
///   blend   the light of all images within 2.5 pixels is right to 0.75 mag
///   excess  an image is within reach, but neither flux fits
///   none    no image within reach
/// One text a row; `band` (lower case) is that of the fluxes. Images of the same field only.
struct RowTruth {
  std::string label;
  std::ptrdiff_t image = -1;    ///< row of the truth: "true": that with the nearest flux
  std::ptrdiff_t nearest = -1;  ///< the brightest image within 1.5 pixels
};
std::vector<RowTruth> match_truth(const io::Table& catalogue, const io::Table& host_truth,
                                  const std::string& band);
io::Texts label_rows(const io::Table& catalogue, const io::Table& host_truth, const std::string& band);

/// purity.truth: selected rows that are "true" (NaN for real skies), purity.truth_err; purity.blend;
/// purity.negative: selected objects in the negative image over selected rows; purity.outside: selected objects
/// outside the host, scaled from their area to the host's, over selected rows.
/// `areas`: table AREAS of measured.fits; `host_area_arcsec2` summed over fields.
void set_purity_metrics(const io::Table& catalogue, const io::Table& host_truth, const io::Table& areas,
                        double host_area_arcsec2, const std::string& band, Metrics& metrics);
std::vector<MetricDescription> purity_metrics();

}  // namespace arcproof::validation

// How often an object lies at a place by chance, with the right flux: told by placeholders, clumps that are
// drawn like the injected ones but leave no light, matched with the un-injected catalogue by the same rules.
//
// Rates by bins of true magnitude, all among images that can be found (injection_flag "injected"):
//
//   r   fraction of injections that would count as recovered if nothing had been there before
//       (recovered_gross)
//   c   fraction of placeholders that do
//   p   (r - c) / (1 - c): the completeness without chance; its error is propagated from those of r and c.
//       NaN for c = 1
//
// Confusion (validation/match.h) leaves chance matches out of `recovered` one by one. p takes them out in the
// mean: an independent check. It is not subtracted from anything. Where nothing can be seen it is 0.
#pragma once

#include "engine/io/table.h"
#include "validation/match.h"
#include "validation/metrics/metric.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// Where placeholders lie, and how much of it there is.
struct SearchedField {
  std::string name;
  double area_arcsec2 = 0;
  double pixel_scale_arcsec = 0;
};

/// Table CHANCE: low_mag, high_mag; n_injected, n_gross, n_recovered; n_placeholders, n_chance; gross,
/// chance, net and their 1 sigma errors (Jeffreys: (k + 1/2) / (n + 1), so that none is 0); clean
/// (n_recovered / n_injected); predicted: 1 - exp(-density x reach area), the mean over the bin's
/// placeholders, with the density of selected objects of the catalogue within max_flux_error_mag of the
/// placeholder's magnitude. Bins of one magnitude.
io::Table chance_table(const io::Table& joined, const io::Table& placeholders, const io::Table& catalogue,
                       const std::vector<SearchedField>& fields, const MatchOptions& options);

/// chance.rate, chance.predicted, chance.net_faint and its error: net at magnitudes fainter by 3 than the
/// depth of the reference band (NaN where fewer than 20 images lie there), chance.net_minus_clean: the
/// largest difference of net and clean over bins with 20 injections and 20 placeholders.
void set_chance_metrics(const io::Table& chance, double depth_mag, Metrics& metrics);
std::vector<MetricDescription> chance_metrics();

}  // namespace arcproof::validation

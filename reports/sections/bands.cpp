#include "reports/sections/bands.h"

#include "reports/drawing/figure_tools.h"
#include "reports/drawing/html.h"

#include <cmath>

namespace arcproof::reports {
namespace {

std::string band_table(const RunFolder& run) {
  html::Table table{{"band", "depth [AB mag]", "clumps", "flux bias", "scatter", "median pull",
                     "sigma of pulls", "68% intervals hold"},
                    {0},
                    {}};
  for (const std::string& band : run.bands()) {
    const std::string key = "bias.relative_flux_" + band + ".";
    const double bias = 100 * run.metric(key + "bias"), error = 100 * run.metric(key + "bias_err");
    const std::string percent = std::isfinite(bias) ? "&nbsp;%" : "";
    table.rows.push_back(
        {html::escape(band_label(band)) +
             (band == run.reference_band() ? " <span class=\"aside\">(reference)</span>" : ""),
         html::fixed(run.metric("depth." + band), 2), html::count(run.metric(key + "n")),
         html::with_error(bias, error, 1) + percent, html::percent(run.metric(key + "scatter")),
         html::fixed(run.metric(key + "pull_median"), 2), html::fixed(run.metric(key + "pull_sigma"), 2),
         html::percent(run.metric("coverage.relative_flux_" + band), 0)});
  }
  if (table.rows.empty()) return html::card("No bands.");
  return html::card(html::table(table));
}

}  // namespace

std::optional<Section> bands_section(const RunFolder& run) {
  return Section{"bands", "Bands", "Bands",
                 "Depth of the images as the recipe's limits define it, and flux recovery in every band.",
                 band_table(run)};
}

}  // namespace arcproof::reports

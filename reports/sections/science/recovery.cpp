#include "reports/sections/science/recovery.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/html.h"
#include "reports/figures/recovery/recovery.h"

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

std::string recovery_rows(const io::Table& t) {
  html::Table table{
      {"population", "parameter", "true", "mocks", "clusters in each", "bias, nothing corrected",
       "in scatters", "bias, stated errors", "bias, corrected", "scatter", "half-width", "coverage of 68%"},
      {0, 1},
      {}};
  for (std::size_t i = 0; i < t.rows(); ++i) {
    const auto v = [&](std::string_view column) { return real_column(t, column)[i]; };
    table.rows.push_back(
        {html::escape(text_column(t, "population")[i]), html::escape(text_column(t, "parameter")[i]),
         html::fixed(v("truth"), 2), html::count(static_cast<double>(integer_column(t, "n_fits")[i])),
         html::count(static_cast<double>(integer_column(t, "n_clusters")[i])),
         html::fixed(v("published_bias"), 3), html::fixed(v("published_bias") / v("published_scatter"), 1),
         html::fixed(v("stated_bias"), 3), html::with_error(v("bias"), v("bias_err"), 3),
         html::fixed(v("scatter"), 3), html::fixed(v("half_width"), 3),
         html::with_interval(100 * v("coverage"), 100 * v("coverage_low"), 100 * v("coverage_high"), 0)});
  }
  return html::card("Mocks of known mass functions", html::table(table),
                    "Bias: mean of the corrected medians \u2212 truth \u00b1 its standard error. "
                    "Coverage: per cent of the 68% intervals that hold the truth, with its own 68% "
                    "interval.");
}

}  // namespace

std::optional<Section> recovery_section(const RunFolder& run) {
  const io::Table& recovery = run.table(recovery_table);
  if (recovery.rows() == 0) return std::nullopt;
  return Section{"recovery", "Recovery", "Recovered mass functions",
                 "Populations of known mass function, seen through this run's injections: does the "
                 "correction find them again?",
                 html::grid(recovery_figures(run)) + recovery_rows(recovery)};
}

}  // namespace arcproof::reports

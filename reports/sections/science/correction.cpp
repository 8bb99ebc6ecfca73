#include "reports/sections/science/correction.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/html.h"
#include "reports/figures/recovery/correction.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

std::string limits(const RunFolder& run) {
  const io::Table& t = run.table(limits_table);
  if (!t.rows()) return "";
  const io::Texts field = text_column(t, "field");
  const io::Integers n = integer_column(t, "n");
  const io::Reals half = real_column(t, "mag_50"), half_error = real_column(t, "mag_50_err"),
                  four_fifths = real_column(t, "mag_80"), four_fifths_error = real_column(t, "mag_80_err");
  html::Table table{{"field", "injected images", "50% are found at", "80% are found at"}, {0}, {}};
  constexpr std::size_t most = 12;
  for (std::size_t i = 0; i < std::min(t.rows(), most); ++i)
    table.rows.push_back({html::escape(field[i]), std::to_string(n[i]),
                          html::with_error(half[i], half_error[i], 2),
                          html::with_error(four_fifths[i], four_fifths_error[i], 2)});
  return html::card(
      "Limits", html::table(table),
      "True magnitude, reference band, for clumps of the sizes and at the places of the injections, weighted "
      "by place. All fields: correction.fits.");
}

// What the truth of simulated hosts says of the corrected rows.
std::string on_truth(const RunFolder& run) {
  if (!std::isfinite(run.metric("corrected.purity"))) return "";
  html::Table table{
      {"rows with p<sub>true</sub> &ge; 0.8", "bias", "within 68%", "within 95%", "CRPS over raw"}, {0}, {}};
  for (const auto& [name, label] :
       {std::pair{"mag", "magnitude"}, {"log_mass", "log M"}, {"log_radius", "log R"}}) {
    const std::string head = std::string("corrected.") + name;
    table.rows.push_back({label,
                          html::with_error(run.metric(head + ".bias"), run.metric(head + ".bias_err"), 3),
                          html::percent(run.metric(head + ".coverage_68"), 0),
                          html::percent(run.metric(head + ".coverage_95"), 0),
                          html::fixed(run.metric(head + ".crps_ratio"), 2)});
  }
  return html::card(
      "On the truth of the simulated host", html::table(table),
      fmt::format(
          "{} of the rows with p<sub>true</sub> of 0.8 or more are true clumps; they are {} of all true "
          "rows. CRPS: "
          "continuous ranked probability score of the posterior, over that of the raw values with their best "
          "constant offset and scatter; below 1 the correction is sharper.",
          html::percent(run.metric("corrected.purity"), 0), html::percent(run.metric("corrected.kept"), 0)));
}

}  // namespace

std::optional<Section> correction_section(const RunFolder& run) {
  return Section{
      "correction", "Corrections", "Corrections",
      "What the injections say of the catalogue: the probability that a row is a clump, that such a clump is "
      "found, and its true values. Formulas: docs/corrections.md.",
      html::grid(correction_figures(run)) + limits(run) + on_truth(run)};
}

}  // namespace arcproof::reports

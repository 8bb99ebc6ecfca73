#include "reports/sections/science/templates.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/html.h"
#include "reports/figures/recovery/degeneracies.h"
#include "reports/figures/templates.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

std::string mismatch_words(const RunFolder& run) {
  const double mass = run.metric("templates.worst_abs_log_mass_msun"),
               age = run.metric("templates.worst_abs_log_age_yr"),
               bin = run.metric("templates.worst_bin_abs_log_mass_msun"),
               self = run.metric("templates.self_abs_log_mass_msun");
  if (!std::isfinite(mass)) return "";
  return fmt::format(
      "<p class=\"lead\"><b>Wrong templates shift the median mass by up to {} dex</b> (a factor of {}; up to "
      "{} dex in a bin of age), the median age by up to {} dex; the right ones shift the mass by {} "
      "dex.</p>\n",
      html::fixed(mass, 2), html::fixed(std::pow(10, mass), 2), html::fixed(bin, 2), html::fixed(age, 2),
      html::fixed(self, 2));
}

std::string template_pairs(const RunFolder& run) {
  const io::Table& pairs = run.table(template_pairs_table);
  html::Table table{
      {"truth", "fitted with", "fitted", "&Delta; log M", "held by 68% interval", "&Delta; log age",
       "held by 68% interval", "&Delta; A<sub>V</sub>", "held by 68% interval", "&chi;&sup2;<sub>red</sub>"},
      {0, 1},
      {}};
  for (std::size_t i = 0; i < pairs.rows(); ++i) {
    const std::string analysis = html::escape(text_column(pairs, "analysis_template")[i]);
    std::vector<std::string> row{
        html::escape(text_column(pairs, "truth_template")[i]),
        flag_column(pairs, "same_template")[i] ? "<b>" + analysis + "</b>" : analysis,
        html::count(static_cast<double>(integer_column(pairs, "n_fitted")[i]))};
    for (const std::string quantity : {"log_mass_msun", "log_age_yr", "av_mag"}) {
      row.push_back(html::with_error(real_column(pairs, quantity + "_offset")[i],
                                     real_column(pairs, quantity + "_scatter")[i], 2));
      row.push_back(html::percent(real_column(pairs, quantity + "_coverage")[i], 0));
    }
    row.push_back(html::fixed(real_column(pairs, "chi2_reduced_median")[i], 2));
    table.rows.push_back(row);
  }
  return html::card(
      "All pairs of templates", html::table(table),
      "&Delta;: median of fitted \u2212 true \u00b1 half of the 68% range, dex or mag. "
      "Bold: the true template itself. Intervals that hold the truth less often than 68% do not know of "
      "the mismatch; a reduced &chi;&sup2; like that of the bold row says that neither does the "
      "photometry.");
}

std::string degeneracy_words(const RunFolder& run) {
  const double dust = run.metric("templates.age_dust_correlation"),
               metallicity = run.metric("templates.age_metallicity_correlation"),
               shift = run.metric("templates.age_history_shift");
  if (!std::isfinite(dust)) return "";
  std::string lead = fmt::format(
      "<p class=\"lead\"><b>Even with the right template</b> errors in age come with errors in dust (rank "
      "correlation {}: {}) and in metallicity ({}: {}).",
      html::fixed(dust, 2), dust_direction(dust), html::fixed(metallicity, 2),
      metallicity_direction(metallicity));
  if (std::isfinite(shift))
    lead += fmt::format(" Of the same clumps, two templates give median ages up to {} dex apart.",
                        html::fixed(shift, 2));
  return lead + "</p>\n";
}

}  // namespace

std::optional<Section> templates_section(const RunFolder& run) {
  if (run.table(template_pairs_table).rows() == 0) return std::nullopt;
  return Section{
      "templates", "Stellar templates", "Stellar templates",
      "What does a wrong stellar library, star-formation history or dust law do to ages, masses and dust?",
      mismatch_words(run) + html::grid(template_figures(run)) + template_pairs(run) + degeneracy_words(run) +
          html::grid(degeneracy_figures(run))};
}

}  // namespace arcproof::reports

#include "reports/sections/science/science_catalogue.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/html.h"
#include "reports/figures/science.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

// "converged", or why the fit is not trusted, in colour; and whether the clump was found on the residual image only.
std::string how_fitted(const std::string& status, const std::string& reasons, bool trusted,
                       std::int64_t pass) {
  const std::string words =
      trusted ? status + (reasons.empty() ? "" : " (" + reasons + ")") : html::badge(reasons, "bad");
  return words + (pass == 2 ? " (pass&nbsp;2)" : "");
}

std::string first_rows(const RunFolder& run) {
  constexpr std::size_t most_rows = 15;
  const io::Table& t = run.table(catalogue_table);
  const std::string band = run.reference_band();
  if (t.rows() == 0) return html::card("The science catalogue is empty.");
  html::Table table{{"id", "field", "m<sub>" + html::escape(band_label(band)) + "</sub>", "debiased",
                     "R [pc]", "debiased", "log M [M\u2609]", "debiased", "log age [yr]", "\u03bc",
                     "p<sub>detect</sub>", "\u03c7\u00b2/dof", "fit", ""},
                    {1, 12, 13},
                    {}};
  const io::Integers id = integer_column(t, "detection_id");
  const io::Texts field = text_column(t, "field"), status = text_column(t, "fit_status"),
                  reasons = text_column(t, "quality_words");
  const io::Integers pass = integer_column(t, "detection_pass");
  const io::Flags limit = flag_column(t, "radius_is_upper_limit"), trusted = flag_column(t, "trusted"),
                  extrapolated = flag_column(t, "extrapolated");
  const auto column = [&](const std::string& name) { return real_column(t, name); };
  const io::Reals mag = column("mag_" + band), mag_err = column("mag_err_inflated"),
                  mag_debiased = column("mag_debiased"), radius = column("radius_pc"),
                  radius_debiased = column("radius_debiased_pc"), mass = column("log_mass_msun"),
                  mass_debiased = column("log_mass_debiased"), age = column("log_age_yr"), mu = column("mu"),
                  chi2 = column("fit_chi2_reduced"), p = column("p_detect"), p_low = column("p_detect_low"),
                  p_high = column("p_detect_high");
  for (std::size_t i = 0; i < std::min(t.rows(), most_rows); ++i)
    table.rows.push_back(
        {id[i] == io::missing_integer ? std::string(html::dash) : std::to_string(id[i]),
         html::escape(field[i]), html::fixed(mag[i], 2), html::with_error(mag_debiased[i], mag_err[i], 2),
         (limit[i] && std::isfinite(radius[i]) ? "&lt;&nbsp;" : "") + html::significant(radius[i], 3),
         html::significant(radius_debiased[i], 3), html::fixed(mass[i], 2), html::fixed(mass_debiased[i], 2),
         html::fixed(age[i], 2), html::significant(mu[i], 3),
         html::with_interval(p[i], p_low[i], p_high[i], 2), html::significant(chi2[i], 2),
         how_fitted(status[i], reasons[i], trusted[i], pass[i]),
         extrapolated[i] ? html::badge("extrapolated", "bad") : ""});
  const std::string rest = fmt::format(
      "<p class=\"aside\">{} of {} rows; all rows and columns are in science_catalog.fits and "
      "science_catalog.ecsv. Errors of the debiased magnitude "
      "are the larger of the catalogue's and of the injections' scatter. \u03c7\u00b2/dof and fit: of the "
      "fit in the "
      "reference band; pass 2: found on the residual image; in colour: why a fit is not trusted, and the row "
      "not selected.</p>",
      table.rows.size(), t.rows());
  return html::card(html::table(table) + rest);
}

}  // namespace

std::optional<Section> science_section(const RunFolder& run) {
  return Section{"science", "Science catalogue", "Science catalogue",
                 "The real measurement, row by row, with what the injections say of it.",
                 html::grid(science_figures(run)) + first_rows(run)};
}

}  // namespace arcproof::reports

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

// The posterior of one quantity, row by row.
class Quantiles {
 public:
  Quantiles(const io::Table& table, const std::string& name)
      : low_(real_column(table, name + "_q16")),
        middle_(real_column(table, name + "_q50")),
        high_(real_column(table, name + "_q84")) {}
  std::string text(std::size_t i, int decimals) const {
    return html::with_interval(middle_[i], low_[i], high_[i], decimals);
  }
  /// Of 10 to the power of the quantity.
  std::string power_text(std::size_t i) const {
    if (!std::isfinite(middle_[i])) return std::string(html::dash);
    return html::significant(std::pow(10, middle_[i]), 2) + " (" +
           html::significant(std::pow(10, low_[i]), 2) + " to " +
           html::significant(std::pow(10, high_[i]), 2) + ")";
  }

 private:
  io::Reals low_, middle_, high_;
};

std::string first_rows(const RunFolder& run) {
  constexpr std::size_t most_rows = 15;
  const io::Table& t = run.table(catalogue_table);
  const std::string band = run.reference_band();
  if (t.rows() == 0) return html::card("The science catalogue is empty.");
  html::Table table{{"id", "field", "m<sub>" + html::escape(band_label(band)) + "</sub>", "corrected",
                     "R [pc]", "corrected", "log M [M\u2609]", "corrected", "log age [yr]", "corrected",
                     "\u03bc", "p<sub>true</sub>", "p<sub>detect</sub>", "\u03c7\u00b2/dof", "fit", ""},
                    {1, 14, 15},
                    {}};
  const io::Integers id = integer_column(t, "detection_id");
  const io::Texts field = text_column(t, "field"), status = text_column(t, "fit_status"),
                  reasons = text_column(t, "quality_words"), support = text_column(t, "support");
  const io::Integers pass = integer_column(t, "detection_pass");
  const io::Flags limit = flag_column(t, "radius_is_upper_limit"), trusted = flag_column(t, "trusted");
  const auto column = [&](const std::string& name) { return real_column(t, name); };
  const Quantiles mag_true{t, "mag"}, radius_true{t, "log_radius"}, mass_true{t, "log_mass"},
      age_true{t, "log_age"};
  const io::Reals mag = column("mag_" + band), radius = column("radius_pc"), mass = column("log_mass_msun"),
                  age = column("log_age_yr"), mu = column("mu"), chi2 = column("fit_chi2_reduced"),
                  p_true = column("p_true"), p = column("p_detect"), p_error = column("p_detect_err");
  for (std::size_t i = 0; i < std::min(t.rows(), most_rows); ++i)
    table.rows.push_back(
        {id[i] == io::missing_integer ? std::string(html::dash) : std::to_string(id[i]),
         html::escape(field[i]), html::fixed(mag[i], 2), mag_true.text(i, 2),
         (limit[i] && std::isfinite(radius[i]) ? "&lt;&nbsp;" : "") + html::significant(radius[i], 3),
         radius_true.power_text(i), html::fixed(mass[i], 2), mass_true.text(i, 2), html::fixed(age[i], 2),
         age_true.text(i, 2), html::significant(mu[i], 3), html::fixed(p_true[i], 2),
         html::with_error(p[i], p_error[i], 2), html::significant(chi2[i], 2),
         how_fitted(status[i], reasons[i], trusted[i], pass[i]),
         support[i] == "ok" || support[i].empty() ? "" : html::badge(support[i], "warned")});
  const std::string rest = fmt::format(
      "<p class=\"aside\">{} of {} rows; all rows and columns are in science_catalog.fits and "
      "science_catalog.ecsv. Corrected: median of what the true value can be, and its 16% and 84%, from "
      "injections that "
      "were measured like the row. p<sub>true</sub>: probability that the row is a clump (only for selected "
      "rows). At "
      "the end of a row: what its corrections lack. \u03c7\u00b2/dof and fit: of the "
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

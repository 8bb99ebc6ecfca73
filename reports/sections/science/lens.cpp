#include "reports/sections/science/lens.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/html.h"
#include "reports/drawing/pair_map.h"
#include "reports/figures/lens.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

constexpr TableName lens_science_table{"lens_systematics.fits", "SCIENCE"};

// Numbers of a table's row, as cells.
class LensCells {
 public:
  LensCells(const io::Table& table, std::size_t row) : table_(table), row_(row) {}
  std::string text(const char* name) const { return html::escape(text_column(table_, name)[row_]); }
  double number(const char* name) const { return real_column(table_, name)[row_]; }
  std::string count(const char* name) const {
    return html::count(static_cast<double>(integer_column(table_, name)[row_]));
  }
  std::string offset(const std::string& quantity) const {
    const double value = real_column(table_, quantity + "_offset")[row_],
                 scatter = real_column(table_, quantity + "_scatter")[row_];
    return offset_text(value, scatter);
  }
  std::string slope(const std::string& suffix) const {
    const std::string name = "beta" + suffix;
    return html::with_error(real_column(table_, name)[row_], real_column(table_, name + "_err")[row_], 2);
  }

 private:
  const io::Table& table_;
  std::size_t row_;
};

std::string lens_pairs(const io::Table& pairs) {
  html::Table table{
      {"true lens", "delensed with", "clumps", "&Delta; log &mu;", "&Delta; log R<sub>eff</sub>",
       "&Delta; log M", "&Delta; log &Sigma;", "R &lt; 20 pc<br>measured (true)",
       "masses in &beta;<br>measured (true)", "&beta; measured", "&beta; true"},
      {0, 1},
      {}};
  for (std::size_t i = 0; i < pairs.rows(); ++i) {
    const LensCells c(pairs, i);
    const std::string analysis = c.text("analysis_lens");
    table.rows.push_back(
        {c.text("truth_lens"), flag_column(pairs, "same_model")[i] ? "<b>" + analysis + "</b>" : analysis,
         c.count("n_clumps"), c.offset("log_mu"), c.offset("log_radius"), c.offset("log_mass"),
         c.offset("log_density"), c.count("n_clusters") + " (" + c.count("n_clusters_true") + ")",
         c.count("n_beta") + " (" + c.count("n_beta_true") + ")", c.slope(""), c.slope("_true")});
  }
  return html::table(table);
}

std::string lenses_of_catalogue(const io::Table& science) {
  html::Table table{{"delensed with", "clumps", "median &mu;", "median R<sub>eff</sub> [pc]", "median log M",
                     "median log &Sigma;", "&Delta; log &mu;", "&Delta; log R<sub>eff</sub>", "R &lt; 20 pc",
                     "masses in &beta;", "&beta;"},
                    {0},
                    {}};
  for (std::size_t i = 0; i < science.rows(); ++i) {
    const LensCells c(science, i);
    table.rows.push_back({c.text("analysis_lens"), c.count("n_clumps"), html::fixed(c.number("median_mu"), 2),
                          html::fixed(c.number("median_radius_pc"), 1),
                          html::fixed(c.number("median_log_mass_msun"), 2),
                          html::fixed(c.number("median_log_density"), 2), c.offset("log_mu"),
                          c.offset("log_radius"), c.count("n_clusters"), c.count("n_beta"), c.slope("")});
  }
  return html::table(table);
}

// The worst pair of two models, in words.
std::string lens_words(const RunFolder& run) {
  const double mu = run.metric("systematics.worst_abs_log_mu"),
               self = run.metric("systematics.self_abs_log_mu");
  if (!std::isfinite(mu)) return "";
  std::string text = fmt::format(
      "<p class=\"lead\"><b>A wrong lens model shifts the median magnification by up "
      "to {} dex</b> (a factor of {})",
      html::fixed(mu, 2), html::fixed(std::pow(10, mu), 2));
  if (std::isfinite(self)) text += fmt::format("; the right one by {} dex", html::fixed(self, 2));
  const double mass = run.metric("systematics.worst_abs_log_mass"),
               density = run.metric("systematics.worst_abs_log_density");
  if (std::isfinite(mass) && std::isfinite(density))
    text += fmt::format(". Masses shift by up to {} dex, surface densities by up to {} dex",
                        html::fixed(mass, 2), html::fixed(density, 2));
  return text + ".</p>\n";
}

std::string lens_tables(const RunFolder& run) {
  return html::card(
             "Injected clumps, by true lens and lens of the analysis",
             lens_pairs(run.table(lens_pairs_table)),
             fmt::format(
                 "&Delta;: median of measured / true \u00b1 half of the 68% range, dex. "
                 "Bold: the true lens itself. R &lt; 20 pc counts upper limits too. &beta;: "
                 "maximum-likelihood slope of the masses above {} M<sub>\u2609</sub>; the injected masses "
                 "follow the recipe, so that only &beta; measured \u2212 &beta; true means "
                 "something.",
                 html::significant(run.number("min_mass_msun")))) +
         html::card("Science catalogue, by lens of the analysis",
                    lenses_of_catalogue(run.table(lens_science_table)),
                    "The un-injected fields: selected clumps without counter images. &Delta; is from "
                    "the main analysis lens, the first row.");
}

}  // namespace

std::optional<Section> lens_section(const RunFolder& run) {
  if (run.table(lens_pairs_table).rows() == 0) return std::nullopt;
  return Section{"lens", "Lens models", "Lens models",
                 "What does the choice of the lens model do to the catalogue?",
                 lens_words(run) + html::grid(lens_figures(run)) + lens_tables(run)};
}

}  // namespace arcproof::reports

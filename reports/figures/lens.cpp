// The choice of the lens model: every true lens against every lens of the analysis.
#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/drawing/pair_map.h"
#include "reports/figures/figures.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace arcproof::reports {
namespace {

struct LensQuantity {
  const char *id, *title, *symbol, *offset, *scatter;
};
constexpr LensQuantity lens_quantities[] = {
    {"lens-mu", "Magnification", "&mu;", "log_mu_offset", "log_mu_scatter"},
    {"lens-radius", "Half-light radius", "R<sub>eff</sub>", "log_radius_offset", "log_radius_scatter"},
    {"lens-mass", "Stellar mass", "M", "log_mass_offset", "log_mass_scatter"},
    {"lens-density", "Surface density", "&Sigma;", "log_density_offset", "log_density_scatter"}};

// Light enough for the numbers that stand on them.
constexpr std::string_view too_small = "#5fa8d3", too_large = "#e88b50";

// The same colours in all maps of a page: from the largest offset of any quantity.
double largest_offset(const io::Table& pairs) {
  double largest = 0.05;
  for (const LensQuantity& q : lens_quantities)
    for (const double v : finite(real_column(pairs, q.offset))) largest = std::max(largest, std::abs(v));
  return largest;
}

std::string cell_text(double offset, double scatter) {
  if (!std::isfinite(offset)) return std::string(html::dash);
  return fmt::format("{}{}\u2009\u00b1\u2009{}", offset >= 0.005 ? "+" : "", html::fixed(offset, 2),
                     html::fixed(scatter, 2));
}

// Squares in a colour from blue (too small) over white to vermilion (too large), with the numbers in them.
void draw_cells(Plot& plot, const io::Table& pairs, const LensQuantity& q,
                const std::vector<std::string>& truths, const std::vector<std::string>& analyses,
                std::string_view by) {
  const io::Texts truth = text_column(pairs, by), analysis = text_column(pairs, "analysis_lens");
  const io::Reals offset = real_column(pairs, q.offset), scatter = real_column(pairs, q.scatter);
  const io::Flags same = flag_column(pairs, "same_model");
  DataRows cells;
  std::string texts;
  for (std::size_t i = 0; i < pairs.rows(); ++i) {
    const double x = index_of(analyses, analysis[i]),
                 y = static_cast<double>(truths.size()) - 1 - index_of(truths, truth[i]);
    if (std::isfinite(offset[i])) cells.push_back({x, y, offset[i]});
    texts += fmt::format("set label {} {} at first {}, first {} center front textcolor rgb '{}'\n", 10 + i,
                         gnuplot_text(cell_text(offset[i], scatter[i])), x, y, colour::ink);
    if (same[i])
      texts += fmt::format(
          "set object {} rectangle from first {}, first {} to first {}, first {} front fillstyle empty "
          "border "
          "linecolor rgb '{}' linewidth 1.6\n",
          10 + i, x - 0.47, y - 0.46, x + 0.47, y + 0.46, colour::ink);
  }
  plot.data("cells", cells, 3);
  plot.command(texts);
}

// `by` is the column whose values are the rows of the map.
html::Figure offset_map(const io::Table& pairs, const LensQuantity& q, std::string_view by, double reach) {
  html::Figure figure{q.id, q.title, "", "", "", "half"};
  if (finite(real_column(pairs, q.offset)).empty()) {
    figure.body = html::nothing("No recovered clump has this quantity measured.");
    return figure;
  }
  const std::vector<std::string> truths = distinct(text_column(pairs, by)),
                                 analyses = distinct(text_column(pairs, "analysis_lens"));
  Plot plot(q.id, half_px, 110 + 58 * static_cast<int>(truths.size()));
  plot.frame(120, 16, 50, 14);
  plot.range("x", -0.5, static_cast<double>(analyses.size()) - 0.5);
  plot.range("y", -0.5, static_cast<double>(truths.size()) - 0.5);
  plot.range("cb", -reach, reach);
  plot.add("set palette defined (-1 '{}', 0 '#ffffff', 1 '{}')", too_small, too_large);
  plot.command("unset grid\nunset colorbox\nset border 0\nset tics scale 0");
  plot.add("set xtics ({}) offset 0,0.4", tics(analyses, false));
  plot.add("set ytics ({})", tics(truths, true));
  draw_cells(plot, pairs, q, truths, analyses, by);
  plot.add("set label 1 'delensed with' at graph 0.5, screen {:.5f} center front textcolor rgb '{}'",
           12.0 / (110 + 58.0 * static_cast<double>(truths.size())), colour::ink);
  plot.add("set label 2 '{}' at screen {:.5f}, graph 0.5 center rotate by 90 front textcolor rgb '{}'",
           by == "field" ? "field" : "true lens", 14.0 / half_px, colour::ink);
  plot.command("plot $cells using 1:2:(0.47):(0.46):3 with boxxyerror fillcolor palette");
  figure.body = plot.svg(std::string(q.title) + ": median offset for each pair of lenses");
  figure.shows = fmt::format(
      "Median of log<sub>10</sub>({0} measured / {0} true) of the recovered clumps, \u00b1 half of their 68% "
      "range, in dex. Red: measured too large; blue: too small. Framed: both lenses are the same.",
      q.symbol);
  return figure;
}

}  // namespace

std::vector<html::Figure> lens_figures(const RunFolder& run) {
  if (run.lens_pairs.rows() == 0) return {};
  std::vector<html::Figure> figures;
  const double reach = std::max(largest_offset(run.lens_pairs), largest_offset(run.lens_fields));
  for (const LensQuantity& q : lens_quantities)
    figures.push_back(offset_map(run.lens_pairs, q, "truth_lens", reach));
  figures.back().shows +=
      " Of clumps resolved on both axes &Sigma; does not know the magnification: M and R&sup2; shrink alike.";
  figures.front().well =
      "all cells are white. What the framed ones show is not the lens's doing; 0.1 dex is a factor of 1.26.";
  if (run.lens_fields.rows() <= run.lens_pairs.rows()) return figures;
  // Fields that share a true lens: do they agree?
  for (LensQuantity q : {lens_quantities[0], lens_quantities[1]}) {
    const std::string id = std::string(q.id) + "-fields", title = std::string(q.title) + ", field by field";
    q.id = id.c_str();
    q.title = title.c_str();
    figures.push_back(offset_map(run.lens_fields, q, "field", reach));
    figures.back().shows += " Where fields of one true lens disagree, its median above is of a mixture.";
  }
  return figures;
}

namespace {

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
    return cell_text(value, scatter);
  }
  std::string slope(const std::string& suffix) const {
    const std::string name = "beta" + suffix;
    return html::with_error(real_column(table_, name)[row_], real_column(table_, name + "_err")[row_], 2);
  }

 private:
  const io::Table& table_;
  std::size_t row_;
};

std::string pairs_table(const io::Table& pairs) {
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

std::string science_table(const io::Table& science) {
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
std::string worst_pair(const RunFolder& run) {
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

}  // namespace

std::string lens_tables_html(const RunFolder& run) {
  const double min_mass = run.number("min_mass_msun");
  return "<div class=\"card\">\n<h3>Injected clumps, by true lens and lens of the analysis</h3>\n" +
         pairs_table(run.lens_pairs) +
         fmt::format(
             "<p class=\"aside\">&Delta;: median of measured / true \u00b1 half of the 68% range, dex. "
             "Bold: the true lens itself. R &lt; 20 pc counts upper limits too. &beta;: "
             "maximum-likelihood slope of the masses above {} M<sub>\u2609</sub>; the injected masses "
             "follow the recipe, so that only &beta; measured \u2212 &beta; true means "
             "something.</p>\n</div>\n",
             html::significant(min_mass)) +
         "<div class=\"card\">\n<h3>Science catalogue, by lens of the analysis</h3>\n" +
         science_table(run.lens_science) +
         "<p class=\"aside\">The un-injected fields: selected clumps without counter images. &Delta; is from "
         "the main analysis lens, the first row.</p>\n</div>\n";
}

std::string lens_lead_html(const RunFolder& run) { return worst_pair(run); }

}  // namespace arcproof::reports

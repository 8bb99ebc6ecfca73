#include "reports/figures/lens.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/drawing/pair_map.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace arcproof::reports {
namespace {

constexpr TableName lens_fields_table{"lens_systematics.fits", "FIELDS"};

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
                         gnuplot_text(offset_text(offset[i], scatter[i])), x, y, colour::ink);
    if (same[i])
      texts += fmt::format(
          "set object {} rectangle from first {}, first {} to first {}, first {} front fillstyle empty "
          "border linecolor rgb '{}' linewidth 1.6\n",
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
  if (run.table(lens_pairs_table).rows() == 0) return {};
  std::vector<html::Figure> figures;
  const double reach =
      std::max(largest_offset(run.table(lens_pairs_table)), largest_offset(run.table(lens_fields_table)));
  for (const LensQuantity& q : lens_quantities)
    figures.push_back(offset_map(run.table(lens_pairs_table), q, "truth_lens", reach));
  figures.back().shows +=
      " Of clumps resolved on both axes &Sigma; does not know the magnification: M and R&sup2; shrink alike.";
  figures.front().well =
      "all cells are white. What the framed ones show is not the lens's doing; 0.1 dex is a factor of 1.26.";
  if (run.table(lens_fields_table).rows() <= run.table(lens_pairs_table).rows()) return figures;
  // Fields that share a true lens: do they agree?
  for (LensQuantity q : {lens_quantities[0], lens_quantities[1]}) {
    const std::string id = std::string(q.id) + "-fields", title = std::string(q.title) + ", field by field";
    q.id = id.c_str();
    q.title = title.c_str();
    figures.push_back(offset_map(run.table(lens_fields_table), q, "field", reach));
    figures.back().shows += " Where fields of one true lens disagree, its median above is of a mixture.";
  }
  return figures;
}

}  // namespace arcproof::reports

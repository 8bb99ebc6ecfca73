#include "reports/figures/templates.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/drawing/pair_map.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::reports {
namespace {

constexpr TableName template_ages_table{"template_mismatch.fits", "AGE"},
    template_redshifts_table{"template_mismatch.fits", "REDSHIFT"};

struct TemplateQuantity {
  const char *id, *title, *symbol, *symbol_html, *name;
  const char* unit;
};
constexpr std::array<TemplateQuantity, 3> template_quantities{
    {{"mass", "Mass", "log M", "log M", "log_mass_msun", "dex"},
     {"age", "Age", "log age", "log age", "log_age_yr", "dex"},
     {"dust", "Dust", "A_V", "A<sub>V</sub>", "av_mag", "mag"}}};
constexpr std::string_view too_small_offset = "#5fa8d3", too_large = "#e88b50";
constexpr std::array<std::string_view, 6> colours{colour::blue,      colour::orange, colour::green,
                                                  colour::vermilion, colour::purple, colour::sky};

std::string of(const TemplateQuantity& q, const char* number) { return std::string(q.name) + number; }

// ---- the map of all pairs

double largest_offset(const io::Table& pairs) {
  double largest = 0.1;
  for (const TemplateQuantity& q : template_quantities)
    for (const double v : finite(real_column(pairs, of(q, "_offset"))))
      largest = std::max(largest, std::abs(v));
  return largest;
}

void draw_cells(Plot& plot, const io::Table& pairs, const TemplateQuantity& q,
                const std::vector<std::string>& all) {
  const io::Texts truth = text_column(pairs, "truth_template"),
                  analysis = text_column(pairs, "analysis_template");
  const io::Reals offset = real_column(pairs, of(q, "_offset")),
                  scatter = real_column(pairs, of(q, "_scatter"));
  DataRows cells;
  std::string texts;
  for (std::size_t i = 0; i < pairs.rows(); ++i) {
    const double x = index_of(all, analysis[i]),
                 y = static_cast<double>(all.size()) - 1 - index_of(all, truth[i]);
    if (std::isfinite(offset[i])) cells.push_back({x, y, offset[i]});
    texts += fmt::format("set label {} {} at first {}, first {} center front font ',10' textcolor rgb '{}'\n",
                         10 + i, gnuplot_text(offset_text(offset[i], scatter[i])), x, y, colour::ink);
    if (truth[i] == analysis[i])
      texts += fmt::format(
          "set object {} rectangle from first {}, first {} to first {}, first {} front fillstyle empty "
          "border linecolor rgb '{}' linewidth 1.6\n",
          10 + i, x - 0.47, y - 0.46, x + 0.47, y + 0.46, colour::ink);
  }
  plot.data("cells", cells, 3);
  plot.command(texts);
}

html::Figure pair_map(const io::Table& pairs, const TemplateQuantity& q, double reach) {
  html::Figure figure{
      fmt::format("templates-{}", q.id), std::string(q.title) + ", all clumps", "", "", "", "third"};
  const std::vector<std::string> all = distinct(text_column(pairs, "truth_template"));
  const double count = static_cast<double>(all.size());
  const int height = 110 + 52 * static_cast<int>(all.size());
  Plot plot(figure.id, third_px, height);
  plot.frame(92, 10, 50, 14);
  plot.range("x", -0.5, count - 0.5);
  plot.range("y", -0.5, count - 0.5);
  plot.range("cb", -reach, reach);
  plot.add("set palette defined (-1 '{}', 0 '#ffffff', 1 '{}')", too_small_offset, too_large);
  plot.command("unset grid\nunset colorbox\nset border 0\nset tics scale 0");
  plot.add("set xtics ({}) offset 0,0.4", tics(all, false));
  plot.add("set ytics ({})", tics(all, true));
  draw_cells(plot, pairs, q, all);
  plot.add("set label 1 'fitted with' at graph 0.5, screen {:.5f} center front textcolor rgb '{}'",
           12.0 / height, colour::ink);
  plot.add("set label 2 'truth' at screen {:.5f}, graph 0.5 center rotate by 90 front textcolor rgb '{}'",
           12.0 / third_px, colour::ink);
  plot.command("plot $cells using 1:2:(0.47):(0.46):3 with boxxyerror fillcolor palette");
  figure.body = plot.svg(figure.title + ": median offset for each pair of templates");
  figure.shows = fmt::format("Median of fitted \u2212 true {}, \u00b1 half of the 68% range, {}.",
                             q.symbol_html, q.unit);
  return figure;
}

// ---- along age and redshift

struct Along {
  const char *id, *words, *label;
  const io::Table* table;
  const char *low, *high;  // columns
};

DataRows points_of(const Along& along, const TemplateQuantity& q, const std::string& truth,
                   const std::string& analysis) {
  const io::Texts t = text_column(*along.table, "truth_template"),
                  a = text_column(*along.table, "analysis_template");
  const io::Reals low = real_column(*along.table, along.low), high = real_column(*along.table, along.high),
                  offset = real_column(*along.table, of(q, "_offset")),
                  error = real_column(*along.table, of(q, "_offset_err"));
  const io::Integers n = integer_column(*along.table, "n_fitted");
  constexpr std::int64_t fewest = 10;
  DataRows rows;
  for (std::size_t i = 0; i < t.size(); ++i)
    if (t[i] == truth && a[i] == analysis && n[i] >= fewest && std::isfinite(offset[i]))
      rows.push_back({0.5 * (low[i] + high[i]), offset[i], error[i]});
  return rows;
}

double reach_of(const Along& along, const TemplateQuantity& q) {
  double reach = 0.2;
  const io::Reals offset = real_column(*along.table, of(q, "_offset"));
  const io::Integers n = integer_column(*along.table, "n_fitted");
  for (std::size_t i = 0; i < offset.size(); ++i)
    if (n[i] >= 10 && std::isfinite(offset[i])) reach = std::max(reach, std::abs(offset[i]));
  return 1.12 * reach;
}

std::string draw_lines(const std::string& id, const Along& along, const TemplateQuantity& q,
                       const std::vector<std::string>& all, const std::string& analysis) {
  Plot plot(id, third_px, 300);
  plot.frame(68, 12, 50, 46);
  const std::vector<double> low = finite(real_column(*along.table, along.low)),
                            high = finite(real_column(*along.table, along.high));
  const double from = *std::min_element(low.begin(), low.end()),
               to = *std::max_element(high.begin(), high.end());
  const double margin = 0.04 * (to - from);
  plot.range("x", from - margin, to + margin);
  const double reach = reach_of(along, q);
  plot.range("y", -reach, reach);
  plot.x_label(along.label);
  plot.y_label(fmt::format("'{} fitted \u2212 true [{}]'", q.symbol, q.unit));
  plot.key_above(2);
  plot.add("set arrow from graph 0, first 0 to graph 1, first 0 nohead linewidth 1.2 linecolor rgb '{}' back",
           colour::ink);
  std::string lines;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const std::string block = fmt::format("truth{}", k);
    plot.data(block, points_of(along, q, all[k], analysis), 3);
    const bool same = all[k] == analysis;
    const std::string_view paint = colours[k % colours.size()];
    lines += fmt::format(
        "{}${} using 1:2 with lines linewidth {} dashtype {} linecolor rgb '{}' notitle, ${} using 1:2:3 "
        "with yerrorbars pointtype 7 pointsize 0.5 linewidth 1.2 linecolor rgb '{}' title {}",
        k ? ", " : "plot ", block, 2, same ? 2 : 1, paint, block, paint, gnuplot_text(all[k]));
  }
  plot.command(lines);
  return plot.svg(fmt::format("{} offset along {} when {} is fitted", q.title, along.words, analysis));
}

// None where the run has no bins along this axis.
std::vector<html::Figure> line_figures(const Along& along, const std::vector<std::string>& all,
                                       const std::string& analysis, std::size_t number) {
  std::vector<html::Figure> figures;
  if (finite(real_column(*along.table, along.low)).empty() ||
      finite(real_column(*along.table, along.high)).empty())
    return figures;
  for (const TemplateQuantity& q : template_quantities) {
    html::Figure figure{fmt::format("templates-{}-{}-{}", q.id, along.id, number),
                        fmt::format("{}, fitted with {}", q.title, analysis),
                        "",
                        "",
                        "",
                        "third"};
    figure.body = draw_lines(figure.id, along, q, all, analysis);
    figure.shows = fmt::format("By {}; a line for each truth, dashed: the template fitted is the true one.",
                               along.words);
    figures.push_back(figure);
  }
  return figures;
}

}  // namespace

std::vector<html::Figure> template_figures(const RunFolder& run) {
  if (run.table(template_pairs_table).rows() == 0) return {};
  std::vector<html::Figure> figures;
  const double reach = largest_offset(run.table(template_pairs_table));
  for (const TemplateQuantity& q : template_quantities)
    figures.push_back(pair_map(run.table(template_pairs_table), q, reach));
  figures.front().shows += " Red: fitted too large; blue: too small. Framed: truth and fit agree.";
  figures.front().well =
      "all cells are white. What the framed ones show is noise and degeneracy, not mismatch; 0.3 dex is a "
      "factor of 2.";
  const std::vector<std::string> all =
      distinct(text_column(run.table(template_pairs_table), "truth_template"));
  const Along age{"by-age",      "true age",    "'true log_{10} age [yr]'", &run.table(template_ages_table),
                  "log_age_low", "log_age_high"},
      redshift{"by-redshift", "redshift", "'redshift'", &run.table(template_redshifts_table), "z", "z"};
  for (std::size_t k = 0; k < all.size(); ++k)
    for (const html::Figure& figure : line_figures(age, all, all[k], k)) figures.push_back(figure);
  if (distinct(text_column(run.table(template_redshifts_table), "truth_template")).empty() ||
      run.table(template_redshifts_table).rows() <= run.table(template_pairs_table).rows())
    return figures;
  for (std::size_t k = 0; k < all.size(); ++k)
    for (const html::Figure& figure : line_figures(redshift, all, all[k], k)) figures.push_back(figure);
  return figures;
}

}  // namespace arcproof::reports

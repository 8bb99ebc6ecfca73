// Wrong stellar templates: every true template against every one that was fitted.
#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/drawing/pair_map.h"
#include "reports/figures/figures.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::reports {
namespace {

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

std::string signed_number(double value) {
  return fmt::format("{}{}", value >= 0.005 ? "+" : "", html::fixed(value, 2));
}

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
    const std::string text = std::isfinite(offset[i]) ? signed_number(offset[i]) + "\u2009\u00b1\u2009" +
                                                            html::fixed(scatter[i], 2)
                                                      : std::string(html::dash);
    texts += fmt::format("set label {} {} at first {}, first {} center front font ',10' textcolor rgb '{}'\n",
                         10 + i, gnuplot_text(text), x, y, colour::ink);
    if (truth[i] == analysis[i])
      texts += fmt::format(
          "set object {} rectangle from first {}, first {} to first {}, first {} front fillstyle empty "
          "border "
          "linecolor rgb '{}' linewidth 1.6\n",
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
        "with "
        "yerrorbars pointtype 7 pointsize 0.5 linewidth 1.2 linecolor rgb '{}' title {}",
        k ? ", " : "plot ", block, 2, same ? 2 : 1, paint, block, paint, gnuplot_text(all[k]));
  }
  plot.command(lines);
  return plot.svg(fmt::format("{} offset along {} when {} is fitted", q.title, along.words, analysis));
}

std::vector<html::Figure> line_figures(const Along& along, const std::vector<std::string>& all,
                                       const std::string& analysis, std::size_t number) {
  std::vector<html::Figure> figures;
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
  if (run.template_pairs.rows() == 0) return {};
  std::vector<html::Figure> figures;
  const double reach = largest_offset(run.template_pairs);
  for (const TemplateQuantity& q : template_quantities)
    figures.push_back(pair_map(run.template_pairs, q, reach));
  figures.front().shows += " Red: fitted too large; blue: too small. Framed: truth and fit agree.";
  figures.front().well =
      "all cells are white. What the framed ones show is noise and degeneracy, not mismatch; 0.3 dex is a "
      "factor of 2.";
  const std::vector<std::string> all = distinct(text_column(run.template_pairs, "truth_template"));
  const Along age{"by-age",           "true age",    "'true log_{10} age [yr]'",
                  &run.template_ages, "log_age_low", "log_age_high"},
      redshift{"by-redshift", "redshift", "'redshift'", &run.template_redshifts, "z", "z"};
  for (std::size_t k = 0; k < all.size(); ++k)
    for (const html::Figure& figure : line_figures(age, all, all[k], k)) figures.push_back(figure);
  if (distinct(text_column(run.template_redshifts, "truth_template")).empty() ||
      run.template_redshifts.rows() <= run.template_pairs.rows())
    return figures;
  for (std::size_t k = 0; k < all.size(); ++k)
    for (const html::Figure& figure : line_figures(redshift, all, all[k], k)) figures.push_back(figure);
  return figures;
}

std::string template_lead_html(const RunFolder& run) {
  const double mass = run.metric("templates.worst_abs_log_mass_msun"),
               age = run.metric("templates.worst_abs_log_age_yr"),
               bin = run.metric("templates.worst_bin_abs_log_mass_msun"),
               self = run.metric("templates.self_abs_log_mass_msun");
  if (!std::isfinite(mass)) return "";
  return fmt::format(
      "<p class=\"lead\"><b>Wrong templates shift the median mass by up to {} dex</b> (a factor of {}; up to "
      "{} "
      "dex in a bin of age), the median age by up to {} dex; the right ones shift the mass by {} dex.</p>\n",
      html::fixed(mass, 2), html::fixed(std::pow(10, mass), 2), html::fixed(bin, 2), html::fixed(age, 2),
      html::fixed(self, 2));
}

std::string template_table_html(const RunFolder& run) {
  const io::Table& pairs = run.template_pairs;
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
    for (const TemplateQuantity& q : template_quantities) {
      row.push_back(html::with_error(real_column(pairs, of(q, "_offset"))[i],
                                     real_column(pairs, of(q, "_scatter"))[i], 2));
      row.push_back(html::percent(real_column(pairs, of(q, "_coverage"))[i], 0));
    }
    row.push_back(html::fixed(real_column(pairs, "chi2_reduced_median")[i], 2));
    table.rows.push_back(row);
  }
  return "<div class=\"card\">\n<h3>All pairs of templates</h3>\n" + html::table(table) +
         "<p class=\"aside\">&Delta;: median of fitted \u2212 true \u00b1 half of the 68% range, dex or mag. "
         "Bold: the true template itself. Intervals that hold the truth less often than 68% do not know of "
         "the "
         "mismatch; a reduced &chi;&sup2; like that of the bold row says that neither does the "
         "photometry.</p>\n</div>\n";
}

}  // namespace arcproof::reports

#include "reports/drawing/line_widths.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/drawing/pair_map.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::reports {
namespace {

constexpr std::array<std::string_view, 6> population_colours{colour::blue, colour::green,     colour::orange,
                                                             colour::sky,  colour::vermilion, colour::purple};

std::vector<std::string> names_of(const std::vector<LineWidths>& widths, std::string LineWidths::*which) {
  io::Texts names;
  for (const LineWidths& w : widths) names.push_back(w.*which);
  return distinct(names);
}

bool has_line(const LineWidths::Step& step) { return step.width_angstrom > 0; }

/// The same for all lines, so that figures side by side compare; what is below 1 Angstrom is cut.
Range width_range(const std::vector<LineWidths>& widths) {
  double low = HUGE_VAL, high = 0;
  for (const LineWidths& w : widths)
    for (const LineWidths::Step& step : w.steps) {
      if (!has_line(step)) continue;
      low = std::min(low, step.width_angstrom);
      high = std::max(high, step.width_angstrom);
    }
  return {std::max(1.0, low / 1.5), high * 1.5};
}

html::Figure one_line(const std::vector<LineWidths>& widths, const std::string& line, std::size_t number,
                      const Range& range) {
  html::Figure figure{fmt::format("line-widths-{}", number), line, "", "", "", "third"};
  const std::vector<std::string> populations = names_of(widths, &LineWidths::population);
  Plot plot(figure.id, third_px, 340);
  plot.frame(66, 14, 50, 60);
  plot.command(
      "set logscale xy\nset xtics (1, 2, 3, 5, 7, 10)\nset ytics offset 0.6,0\nunset mytics\nset format y "
      "'%g'");
  plot.range("x", 1, 10);
  plot.range("y", range.low, range.high);
  plot.x_label("'age since star formation began [Myr]'");
  plot.y_label("'equivalent width [\u00c5]'");
  plot.key_above(2);
  std::string curves;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const LineWidths& w = widths[i];
    if (w.line != line) continue;
    DataRows rows;
    for (const LineWidths::Step& step : w.steps)
      rows.push_back({step.age_myr, has_line(step) ? step.width_angstrom : std::nan("")});
    plot.data(fmt::format("widths{}", i), rows, 2);
    const auto paint = std::find(populations.begin(), populations.end(), w.population) - populations.begin();
    curves += fmt::format("{}$widths{} using 1:2 with lines {} linecolor rgb '{}' {}",
                          curves.empty() ? "plot " : ", ", i,
                          w.burst ? "dashtype 2 linewidth 1.4" : "linewidth 2.2",
                          population_colours[static_cast<std::size_t>(paint) % population_colours.size()],
                          w.burst ? std::string("notitle") : "title " + gnuplot_text(w.population));
  }
  plot.command(curves);
  figure.body = plot.svg("equivalent width of " + line + " against age");
  return figure;
}

}  // namespace

std::vector<LineWidths> line_widths_of(const io::Table& lines) {
  const io::Texts line = text_column(lines, "line"), history = text_column(lines, "history");
  const io::Reals metallicity = real_column(lines, "metallicity"), age = real_column(lines, "age_myr"),
                  width = real_column(lines, "equivalent_width");
  const std::size_t histories = distinct(history).size();
  std::vector<LineWidths> widths;
  for (std::size_t i = 0; i < lines.rows(); ++i) {
    const bool burst = histories > 1 && history[i] == "burst";
    std::string population = fmt::format("Z = {:g}", metallicity[i]);
    if (histories > 2 && !burst) population += ", " + history[i];
    if (i == 0 || line[i] != line[i - 1] || history[i] != history[i - 1] ||
        metallicity[i] != metallicity[i - 1])
      widths.push_back({line[i], population, burst, {}});
    widths.back().steps.push_back({age[i], width[i]});
  }
  return widths;
}

std::vector<html::Figure> line_width_figures(const std::vector<LineWidths>& widths) {
  const Range range = width_range(widths);
  if (!(range.high > 0))
    return {
        {"line-widths-0", "Emission lines",
         html::nothing(
             "No lines: the library has no ionising photons or no optical light, or no gas catches them."),
         "", "", "full"}};
  std::vector<html::Figure> figures;
  for (const std::string& line : names_of(widths, &LineWidths::line))
    figures.push_back(one_line(widths, line, figures.size(), range));
  return figures;
}

std::string line_width_table(const std::vector<LineWidths>& widths, const std::vector<double>& ages_myr) {
  html::Table table{{"line", "population"}, {0, 1}, {}};
  for (const double age : ages_myr) table.head.push_back(fmt::format("{:g} Myr", age));
  for (const LineWidths& w : widths) {
    if (w.burst) continue;
    std::vector<std::string> row{html::escape(w.line), html::escape(w.population)};
    for (const double age : ages_myr) {
      const auto step = std::find_if(w.steps.begin(), w.steps.end(), [&](const LineWidths::Step& s) {
        return std::abs(s.age_myr / age - 1) < 1e-6;
      });
      row.push_back(step == w.steps.end() ? std::string(html::dash)
                                          : html::significant(step->width_angstrom, 3));
    }
    table.rows.push_back(std::move(row));
  }
  return html::table(table);
}

}  // namespace arcproof::reports

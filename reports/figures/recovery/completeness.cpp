#include "reports/figures/recovery/completeness.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/figures/recovery/axes.h"

#include <algorithm>
#include <cmath>

namespace arcproof::reports {
namespace {

constexpr TableName completeness_radius_table{"completeness.fits", "RADIUS", Needed::always},
    completeness_mass_table{"completeness.fits", "MASS", Needed::always},
    completeness_map_table{"completeness.fits", "MAG_RADIUS", Needed::always};

struct Curve {
  std::string id, title, axis_label;
  const io::Table& table;
  Range range;
};

// Rows: middle, low, high, completeness with its interval, injected, recovered, completeness over the host's area.
// Empty bins are left out.
DataRows curve_rows(const io::Table& table) {
  const io::Reals low = real_column(table, "low_1"), high = real_column(table, "high_1"),
                  p = real_column(table, "completeness");
  const io::Reals p_low = real_column(table, "completeness_low"),
                  p_high = real_column(table, "completeness_high"),
                  uniform = real_column(table, "completeness_uniform");
  const io::Integers injected = integer_column(table, "n_injected"),
                     recovered = integer_column(table, "n_recovered");
  DataRows rows;
  for (std::size_t i = 0; i < table.rows(); ++i)
    if (injected[i] > 0)
      rows.push_back({0.5 * (low[i] + high[i]), low[i], high[i], p[i], p_low[i], p_high[i],
                      static_cast<double>(injected[i]), static_cast<double>(recovered[i]), uniform[i]});
  return rows;
}

double sum_of(const DataRows& rows, std::size_t column) {
  double sum = 0;
  for (const auto& row : rows) sum += row[column];
  return sum;
}

double injected_outside(const DataRows& rows, const Range& range) {
  double count = 0;
  for (const auto& row : rows)
    if (row[0] < range.low || row[0] > range.high) count += row[6];
  return count;
}

Range edges_of(const io::Table& table) {
  std::vector<double> edges;
  for (const auto& row : curve_rows(table)) edges.insert(edges.end(), {row[1], row[2]});
  return range_of(edges, 0, 0);
}

// The lower panel: how many were injected and recovered in each bin.
void draw_counts(Plot& plot, const Curve& curve, const DataRows& rows) {
  double most = 1;
  for (const auto& row : rows)
    if (row[0] >= curve.range.low && row[0] <= curve.range.high) most = std::max(most, row[6]);
  plot.frame(62, 16, 50, 278);
  plot.range("y", 0, 1.15 * most);
  plot.command("unset key\nunset arrow\nunset object");
  plot.command("set format x '%g'");
  plot.x_label(curve.axis_label);
  plot.y_label("'number'");
  plot.add("set ytics 0, {:.7g}", std::max(1.0, tick_step(most, 3)));
  plot.add(
      "plot $bins using (($2+$3)/2):($7/2):(($3-$2)*0.46):($7/2) with boxxyerror fillcolor rgb '#d5dbe1', "
      "$bins using (($2+$3)/2):($8/2):(($3-$2)*0.46):($8/2) with boxxyerror fillcolor rgb '{}'",
      colour::blue);
}

// The upper panel's marks of the magnitude curve: the fitted logistic, where it falls to half of its plateau,
// and the depth.
std::string magnitude_marks(Plot& plot, const RunFolder& run) {
  const double m50 = run.metric("completeness.mag_50"), error = run.metric("completeness.mag_50_err");
  const double width = run.metric("completeness.width_mag"), plateau = run.metric("completeness.plateau");
  const double depth = run.metric("depth." + run.reference_band());
  std::string extra;
  if (std::isfinite(depth)) {
    plot.data("depth", {{depth, 0}, {depth, 1.05}}, 2);
    extra +=
        fmt::format(", $depth using 1:2 with lines dashtype (2,4) linewidth 1.8 linecolor rgb '{}' title {}",
                    colour::soft, gnuplot_text(fmt::format("depth: {:.2f} mag", depth)));
  }
  if (!std::isfinite(m50) || !(width > 0) || !std::isfinite(plateau)) return extra;
  plot.data("half", {{m50, 0}, {m50, 1.05}}, 2);
  if (std::isfinite(error))
    plot.add(
        "set object rectangle from {:.7g}, graph 0 to {:.7g}, graph 1 fillcolor rgb '{}' fillstyle solid "
        "noborder behind",
        m50 - error, m50 + error, faded(colour::orange, 0.8));
  extra += fmt::format(
      ", {:.7g} / (1 + exp((x - {:.7g}) / {:.7g})) with lines linewidth 2 linecolor rgb '{}' title 'logistic "
      "fit'",
      plateau, m50, width, colour::orange);
  const std::string text =
      fmt::format("half of the plateau of {:.0f}%: {:.2f}{} mag", 100 * plateau, m50,
                  std::isfinite(error) ? fmt::format(" \u00b1 {:.2f}", error) : std::string());
  return extra +
         fmt::format(", $half using 1:2 with lines dashtype (8,4) linewidth 1.8 linecolor rgb '{}' title {}",
                     colour::orange, gnuplot_text(text));
}

std::string draw_curve(const Curve& curve, const RunFolder& run, const DataRows& rows) {
  Plot plot(curve.id, half_px, 430);
  plot.data("bins", rows, 9);
  const bool magnitude = curve.id == "completeness-mag";
  const std::string marks = magnitude ? magnitude_marks(plot, run) : "";
  plot.command("set multiplot");
  plot.range("x", curve.range.low, curve.range.high);
  plot.frame(62, 16, 172, magnitude ? 72 : 50);
  plot.range("y", 0, 1.05);
  plot.command("set ytics 0.2\nset format x ''");
  plot.y_label("'completeness'");
  plot.key_above(magnitude ? 3 : 2);
  plot.add(
      "plot $bins using 1:9 with points pointtype 6 pointsize 0.6 linewidth 1.2 linecolor rgb '{}' title "
      "'over the area', $bins using 1:4:5:6 with yerrorbars pointtype 7 pointsize 0.6 linewidth 1.4 "
      "linecolor "
      "rgb '{}' title 'where clumps are'{}",
      colour::soft, colour::blue, marks);
  draw_counts(plot, curve, rows);
  plot.command("unset multiplot");
  return plot.svg(curve.title);
}

html::Figure curve_figure(const Curve& curve, const RunFolder& run, const std::string& well) {
  html::Figure figure{curve.id, curve.title, "", "", well, "half"};
  const DataRows rows = curve_rows(curve.table);
  if (sum_of(rows, 6) == 0) {
    figure.body = html::nothing("No injected clump has a place on this axis.");
    return figure;
  }
  figure.body = draw_curve(curve, run, rows);
  figure.shows = fmt::format(
      "Fraction of injected clumps that were recovered at places where the host's own clumps are (filled, "
      "with "
      "68% binomial intervals) and over the host's area (open); below, the numbers injected (grey) and "
      "recovered (blue): {} of {}.",
      html::count(sum_of(rows, 7)), html::count(sum_of(rows, 6)));
  const double no_place = run.metric("counts.injected") - sum_of(rows, 6);
  if (const double outside = injected_outside(rows, curve.range) + std::max(0.0, no_place); outside > 0)
    figure.shows +=
        fmt::format(" Beyond the axis: {}.", counted(static_cast<std::size_t>(outside), "injection"));
  return figure;
}

// ---------------------------------------------------------------- the map

constexpr std::size_t most_labels = 220;  // more numbers than this cannot be read

struct Cells {
  DataRows cells;   // x, y, edges, completeness
  DataRows labels;  // x, y, number, completeness
};

Cells map_cells(const io::Table& table, const Range& range) {
  const io::Reals x0 = real_column(table, "low_1"), x1 = real_column(table, "high_1"),
                  y0 = real_column(table, "low_2"), y1 = real_column(table, "high_2"),
                  p = real_column(table, "completeness");
  const io::Integers n = integer_column(table, "n_injected");
  Cells result;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const double x = 0.5 * (x0[i] + x1[i]), y = 0.5 * (y0[i] + y1[i]);
    if (!(n[i] > 0) || !(x > range.low && x < range.high)) continue;
    result.cells.push_back({x, y, x0[i], x1[i], y0[i], y1[i], p[i]});
    result.labels.push_back({x, y, static_cast<double>(n[i]), p[i]});
  }
  return result;
}

std::string draw_map(const RunFolder& run, const Cells& map, const Range& range) {
  Plot plot("completeness-map", half_px, 430);
  plot.data("cells", map.cells, 7);
  plot.data("labels", map.labels, 4);
  std::vector<double> edges;
  for (const auto& cell : map.cells) edges.insert(edges.end(), {cell[4], cell[5]});
  const Range radius = range_of(edges, 0, 0);
  plot.frame(62, 92, 50, 50);
  plot.range("x", range.low, range.high);
  plot.range("y", radius.low, radius.high);
  plot.unit_colour_bar("'completeness'");
  plot.x_label(gnuplot_text(fmt::format("observed magnitude {} [AB]", band_label(run.reference_band()))));
  plot.y_label("'log_{10} half-light radius [pc]'");
  plot.command("set border 15");
  plot.key_above(2);
  std::string lines;
  if (const double m50 = run.metric("completeness.mag_50"); std::isfinite(m50)) {
    plot.data("half", {{m50, radius.low}, {m50, radius.high}}, 2);
    lines += fmt::format(
        ", $half using 1:2 with lines dashtype (8,4) linewidth 2 linecolor rgb '{}' title 'half of the "
        "plateau'",
        colour::vermilion);
  }
  if (const double depth = run.metric("depth." + run.reference_band()); std::isfinite(depth)) {
    plot.data("depth", {{depth, radius.low}, {depth, radius.high}}, 2);
    lines += fmt::format(
        ", $depth using 1:2 with lines dashtype (2,4) linewidth 2 linecolor rgb '{}' title 'depth'",
        colour::ink);
  }
  if (map.labels.size() <= most_labels)
    lines +=
        ", $labels using 1:2:(sprintf('%d', $3)):($4 > 0.55 ? 0x1f2933 : 0xffffff) with labels font ',9' "
        "textcolor rgb variable notitle";
  plot.add("plot $cells using 1:2:3:4:5:6:7 with boxxyerror fillcolor palette notitle{}", lines);
  return plot.svg("completeness against magnitude and radius");
}

html::Figure map_figure(const RunFolder& run) {
  html::Figure figure{"completeness-map", "Completeness against magnitude and radius", "", "", "", "half"};
  const Range range = magnitude_range(run);
  const Cells map = map_cells(run.table(completeness_map_table), range);
  if (map.cells.empty()) {
    figure.body = html::nothing("No injected clump has a magnitude and a radius.");
    return figure;
  }
  figure.body = draw_map(run, map, range);
  figure.shows = fmt::format(
      "Colour: fraction recovered in each cell of observed magnitude and true half-light radius{}. White: "
      "nothing injected there, so nothing is known there.",
      map.labels.size() <= most_labels ? "; the numbers are the injections in the cell" : "");
  figure.well =
      "yellow at the bright side, a clean fall towards the dashed line that comes earlier for large clumps, "
      "and cells wherever the science catalogue has "
      "clumps.";
  return figure;
}

}  // namespace

std::vector<html::Figure> completeness_figures(const RunFolder& run) {
  const std::string mag =
      gnuplot_text(fmt::format("observed magnitude {} [AB]", band_label(run.reference_band())));
  return {
      curve_figure({"completeness-mag", "Completeness against observed magnitude", mag,
                    run.table(completeness_mag_table), magnitude_range(run)},
                   run,
                   "a plateau near 1 at the bright side, one smooth fall, and half of the plateau not much "
                   "brighter than the measured depth (extended clumps are lost earlier "
                   "than the point sources for which the depth holds)."),
      map_figure(run),
      curve_figure({"completeness-radius", "Completeness against radius",
                    "'log_{10} half-light radius in the source plane [pc]'",
                    run.table(completeness_radius_table), edges_of(run.table(completeness_radius_table))},
                   run,
                   "flat, or falling slowly to large radii, where light is spread thin; this curve averages "
                   "over all injected magnitudes."),
      curve_figure({"completeness-mass", "Completeness against mass", "'log_{10} stellar mass [M_{\u2609}]'",
                    run.table(completeness_mass_table), edges_of(run.table(completeness_mass_table))},
                   run,
                   "rising with mass. It averages over ages and magnifications of the injected population: "
                   "weigh it before comparing it with another one.")};
}

}  // namespace arcproof::reports

#include "reports/figures/science.h"

#include "engine/core/statistics.h"
#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace arcproof::reports {
namespace {

constexpr std::size_t most_clumps = 3000;

// What the clumps are drawn against: their mass, or their magnitude where no mass was measured.
struct Axis {
  std::string label, truth_column;
  io::Reals values;
};

Axis axis_of(const RunFolder& run) {
  io::Reals mass = real_column(run.table(catalogue_table), "log_mass_msun");
  if (!finite(mass).empty())
    return {"'log_{10} stellar mass [M_{\u2609}]'", "true_log_mass_msun", std::move(mass)};
  const std::string band = run.reference_band();
  return {gnuplot_text(fmt::format("observed magnitude {} [AB]", band_label(band))), "mag",
          real_column(run.table(catalogue_table), "mag_" + band)};
}

struct SciencePoints {
  DataRows near, far, limits, truth;  // x, log radius, p_detect; `far` lack support, `limits` are unresolved
};

// Few injections, or none, stand behind the row.
bool is_weak(const std::string& support) { return support != "ok" && support != "blend_risk"; }

SciencePoints science_points(const RunFolder& run, const Axis& axis) {
  const io::Table& t = run.table(catalogue_table);
  const io::Reals radius = real_column(t, "radius_pc"), p = real_column(t, "p_detect");
  const io::Flags limit = flag_column(t, "radius_is_upper_limit");
  const io::Texts support = text_column(t, "support");
  SciencePoints points;
  for (const std::size_t i : thinned(t.rows(), most_clumps)) {
    if (!std::isfinite(axis.values[i]) || !(radius[i] > 0)) continue;
    const std::vector<double> row = {axis.values[i], std::log10(radius[i]), p[i]};
    (limit[i]                                      ? points.limits
     : is_weak(support[i]) || !std::isfinite(p[i]) ? points.far
                                                   : points.near)
        .push_back(row);
  }
  const io::Reals x = real_column(run.table(host_truth_table), axis.truth_column),
                  y = real_column(run.table(host_truth_table), "true_log_radius_pc");
  const io::Integers parent = integer_column(run.table(host_truth_table), "parent_id");
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < run.table(host_truth_table).rows(); ++i)
    if (std::isfinite(x[i]) && std::isfinite(y[i]) && seen.insert(parent[i]).second)
      points.truth.push_back({x[i], y[i], NAN});
  return points;
}

std::string draw_science(const Axis& axis, const SciencePoints& points) {
  Plot plot("science-map", half_px, 400);
  std::vector<double> x, y;
  for (const DataRows* rows : {&points.near, &points.far, &points.limits, &points.truth})
    for (const auto& row : *rows) x.push_back(row[0]), y.push_back(row[1]);
  plot.data("near", points.near, 3);
  plot.data("far", points.far, 3);
  plot.data("limits", points.limits, 3);
  plot.data("truth", points.truth, 3);
  const Range xr = range_of(x), yr = range_of(y);
  plot.frame(62, 92, 50, 50);
  plot.range("x", xr.low, xr.high);
  plot.range("y", yr.low, yr.high);
  plot.unit_colour_bar("'p_{detect}'");
  plot.x_label(axis.label);
  plot.y_label("'log_{10} half-light radius [pc]'");
  plot.key_above(2);
  const std::string truth = points.truth.empty()
                                ? ""
                                : fmt::format(
                                      "$truth using 1:2 with points pointtype 6 pointsize 0.4 linecolor rgb "
                                      "'{}' title 'true clumps of the simulated host', ",
                                      colour::grey);
  plot.add(
      "plot {}$near using 1:2:3 with points pointtype 7 pointsize 0.8 linecolor palette title 'resolved', "
      "$limits using 1:2:3 with points pointtype 11 pointsize 0.9 linecolor palette title 'upper limit', "
      "$far using 1:2 with points pointtype 2 pointsize 0.7 linewidth 1.4 linecolor rgb '{}' title "
      "'few injections'",
      truth, colour::vermilion);
  return plot.svg("science clumps, coloured by detection probability");
}

html::Figure map_figure(const RunFolder& run) {
  html::Figure figure{"science-map", "Clumps and the probability to find them", "", "", "", "half"};
  const Axis axis = axis_of(run);
  const SciencePoints points = science_points(run, axis);
  if (points.near.empty() && points.far.empty() && points.limits.empty()) {
    figure.body = html::nothing("No clump of the science catalogue has a radius.");
    return figure;
  }
  figure.body = draw_science(axis, points);
  figure.shows =
      "Each clump of the science catalogue, coloured by the probability to find a clump like it at its "
      "place.";
  figure.well =
      "most clumps are yellow or green. Purple clumps stand for many that were missed; red crosses "
      "have next to no injections that were measured like them.";
  return figure;
}

html::Figure histogram_figure(const RunFolder& run) {
  html::Figure figure{"science-p", "Distribution of p_detect", "", "", "", "half"};
  const std::vector<double> p = finite(real_column(run.table(catalogue_table), "p_detect"));
  if (p.empty()) {
    figure.body = html::nothing("No clump of the science catalogue has a detection probability.");
    return figure;
  }
  DataRows rows;
  for (int k = 0; k < 10; ++k) rows.push_back({0.1 * k + 0.05, 0});
  for (const double v : p)
    ++rows[std::min<std::size_t>(9, static_cast<std::size_t>(std::max(0.0, v) * 10))][1];
  double most = 1;
  for (const auto& row : rows) most = std::max(most, row[1]);
  Plot plot("science-p", half_px, 400);
  plot.data("bins", rows, 2);
  plot.frame(62, 16, 50, 14);
  plot.range("x", 0, 1);
  plot.range("y", 0, 1.12 * most);
  plot.add("set xtics 0.2\nset ytics 0, {:.7g}", std::max(1.0, tick_step(most, 5)));
  plot.x_label("'p_{detect}'");
  plot.y_label("'science clumps'");
  plot.add("plot $bins using 1:2:(0.094) with boxes fillcolor rgb '{}'", colour::blue);
  figure.body = plot.svg(figure.title);
  double weight = 0;
  for (const double v : finite(real_column(run.table(catalogue_table), "weight"))) weight += v;
  const auto low = std::count_if(p.begin(), p.end(), [](double v) { return v < 0.5; });
  figure.shows = fmt::format(
      "{} with a detection probability: median {}, {} below 0.5. The sum of weights, p_true / p_detect, is "
      "{}.",
      counted(p.size(), "clump"), html::fixed(statistics::median(p), 2), low, html::fixed(weight, 1));
  figure.well =
      "the bars stand at the right. Corrections are safe above about 0.5; below, a few rows "
      "carry most of the answer.";
  return figure;
}

}  // namespace

std::vector<html::Figure> science_figures(const RunFolder& run) {
  return {map_figure(run), histogram_figure(run)};
}

}  // namespace arcproof::reports

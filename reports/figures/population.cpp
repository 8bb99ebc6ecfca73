#include "reports/figures/population.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"

#include <algorithm>
#include <cmath>

namespace arcproof::reports {
namespace {

constexpr TableName formation_table{population_file, "FORMATION"};  // older runs have none

// ---------------------------------------------------------------- sizes and masses

struct SizePoints {
  DataRows sizes, limits;  // log M, log R, errors; log M, log R
};

SizePoints size_points(const io::Table& t) {
  const io::Flags selected = flag_column(t, "selected"), limit = flag_column(t, "radius_is_upper_limit");
  const io::Texts status = text_column(t, "sed_status"), host = text_column(t, "host");
  const io::Integers counter = integer_column(t, "counter_image_of");
  const io::Reals mass = real_column(t, "log_mass_msun"), mass_low = real_column(t, "log_mass_msun_q16"),
                  mass_high = real_column(t, "log_mass_msun_q84"), radius = real_column(t, "radius_pc"),
                  minus = real_column(t, "radius_pc_err_minus"), plus = real_column(t, "radius_pc_err_plus");
  SizePoints points;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    const bool one = selected[i] && status[i] == "fitted" && !host[i].empty() &&
                     counter[i] == io::missing_integer && std::isfinite(mass[i]) && radius[i] > 0;
    if (!one) continue;
    if (limit[i]) points.limits.push_back({mass[i], std::log10(radius[i])});
    else
      points.sizes.push_back({mass[i], std::log10(radius[i]), mass_low[i], mass_high[i],
                              std::log10(std::max(radius[i] - minus[i], 0.05 * radius[i])),
                              std::log10(radius[i] + plus[i])});
  }
  return points;
}

struct Relation {
  double intercept, slope, scatter, pivot;
  double at(double x) const { return intercept + slope * (x - pivot); }
};

// Medians of the parameters for all redshifts; NaN where nothing was fitted.
Relation size_mass_relation(const io::Table& t) {
  Relation relation{std::nan(""), std::nan(""), std::nan(""), std::nan("")};
  const io::Texts name = text_column(t, "relation"), parameter = text_column(t, "parameter");
  const io::Reals median = real_column(t, "median"), pivot = real_column(t, "pivot");
  for (std::size_t i = 0; i < t.rows(); ++i) {
    if (name[i] != "size_mass") continue;
    relation.pivot = pivot[i];
    if (parameter[i] == "intercept") relation.intercept = median[i];
    if (parameter[i] == "slope") relation.slope = median[i];
    if (parameter[i] == "scatter_dex") relation.scatter = median[i];
  }
  return relation;
}

html::Figure size_mass_figure(const io::Table& catalogue, const io::Table& relations) {
  html::Figure figure{"size-mass", "Sizes and masses", "", "", "", "half"};
  const SizePoints points = size_points(catalogue);
  std::vector<double> x, y;
  for (const DataRows* rows : {&points.sizes, &points.limits})
    for (const auto& row : *rows) {
      x.push_back(row[0]);
      y.push_back(row[1]);
    }
  if (x.empty()) {
    figure.body = html::nothing("No clump has a mass and a size.");
    return figure;
  }
  const Range mass = range_of(x, 0, 0.12), size = range_of(y, 0, 0.2);
  const Relation relation = size_mass_relation(relations);
  DataRows line;
  if (std::isfinite(relation.slope))
    for (int k = 0; k <= 20; ++k) {
      const double m = mass.low + (mass.high - mass.low) * k / 20;
      line.push_back(
          {m, relation.at(m) - relation.scatter, relation.at(m), relation.at(m) + relation.scatter});
    }
  Plot plot(figure.id, half_px, 400);
  plot.data("line", line, 4);
  plot.data("sizes", points.sizes, 6);
  plot.data("limits", points.limits, 2);
  plot.frame(62, 16, 50, 50);
  plot.range("x", mass.low, mass.high);
  plot.range("y", size.low, size.high);
  plot.x_label("'log_{10} stellar mass M [M_{\u2609}]'");
  plot.y_label("'log_{10} half-light radius [pc]'");
  plot.key_above(2);
  plot.add(
      "plot {}$sizes using 1:2:3:4:5:6 with xyerrorbars pointtype 7 pointsize 0.6 linewidth 1 linecolor rgb "
      "'{}' title {}, $limits using 1:2:(0):({:.4g}) with vectors filled size screen 0.012,20 linewidth 1.2 "
      "linecolor rgb '{}' title {}",
      line.empty() ? ""
                   : fmt::format("$line using 1:2:4 with filledcurves fillcolor rgb '{}' title 'intrinsic "
                                 "scatter', $line using 1:3 with lines linewidth 2 linecolor rgb '{}' title "
                                 "'relation', ",
                                 faded(colour::orange, 0.75), colour::orange),
      colour::blue, gnuplot_text(fmt::format("sizes ({})", points.sizes.size())),
      -0.06 * (size.high - size.low), colour::grey,
      gnuplot_text(fmt::format("upper limits ({})", points.limits.size())));
  figure.body = plot.svg(figure.title);
  figure.shows =
      "Selected clumps of the science catalogue, each once. The relation is fitted with errors in both axes "
      "and with the upper limits; band: its intrinsic scatter. Not corrected for completeness.";
  figure.well = "the points scatter about the line by little more than the band and their errors.";
  return figure;
}

// ---------------------------------------------------------------- formation

html::Figure formation_figure(const io::Table& t) {
  html::Figure figure{"formation", "When the clumps formed", "", "", "", "half"};
  const io::Reals mass = real_column(t, "log_mass_msun"), z = real_column(t, "z"),
                  formed = real_column(t, "formation_redshift"), low = real_column(t, "q16"),
                  high = real_column(t, "q84");
  DataRows rows;
  std::vector<double> x, y, redshifts;
  std::size_t too_old = 0;
  double deepest = 0;
  for (const double value : formed) deepest = std::fmax(deepest, value);
  for (std::size_t i = 0; i < t.rows(); ++i) {
    if (!std::isfinite(formed[i]) || !std::isfinite(mass[i])) {
      too_old += !std::isfinite(formed[i]);
      continue;
    }
    rows.push_back({mass[i], formed[i], low[i], std::isfinite(high[i]) ? high[i] : 2 * deepest + 10, z[i]});
    x.push_back(mass[i]);
    y.push_back(formed[i]);
    redshifts.push_back(z[i]);
  }
  if (rows.empty()) {
    figure.body = html::nothing("No clump has an age younger than the Universe.");
    return figure;
  }
  const Range masses = range_of(x, 0, 0.1);
  const auto [z_low, z_high] = std::minmax_element(redshifts.begin(), redshifts.end());
  const double top = *std::max_element(y.begin(), y.end());
  Plot plot(figure.id, half_px, 400);
  plot.data("clumps", rows, 5);
  plot.frame(62, 84, 50, 32);
  plot.range("x", masses.low, masses.high);
  plot.range("y", std::max(0.0, *z_low - 0.3), top + 0.25 * (top - *z_low) + 0.2);
  plot.x_label("'log_{10} stellar mass M [M_{\u2609}]'");
  plot.y_label("'formation redshift'");
  plot.unit_colour_bar("'redshift'");
  plot.range("cb", *z_low, *z_high);
  plot.command("set cbtics auto scale 0.4");
  plot.add(
      "plot $clumps using 1:2:3:4 with yerrorbars pointtype 7 pointsize 0 linewidth 1 linecolor rgb '{}' "
      "notitle, $clumps using 1:2:5 with points pointtype 7 pointsize 0.8 linecolor palette notitle",
      faded(colour::grey, 0.3));
  figure.body = plot.svg(figure.title);
  figure.shows = fmt::format(
      "Redshift at which the Universe was as old as it is at the clump's redshift (colour), less the clump's "
      "age; bars: 68% of the age.{}",
      too_old ? fmt::format(" {} older than the Universe and not shown.", counted(too_old, "clump")) : "");
  figure.well = "no clump is older than the Universe. Bars that reach the upper edge do not bound the age.";
  return figure;
}

}  // namespace

std::vector<html::Figure> population_figures(const RunFolder& run) {
  if (!run.has_file(population_file)) return {};
  std::vector<html::Figure> figures{size_mass_figure(run.table(catalogue_table), run.table(relations_table))};
  const io::Table& formation = run.table(formation_table);
  if (!formation.columns().empty()) figures.push_back(formation_figure(formation));
  return figures;
}

}  // namespace arcproof::reports

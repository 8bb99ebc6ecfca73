// Bias: measured - true along magnitude, signal to noise and size.
#include "engine/core/statistics.h"
#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/figures/axes.h"
#include "reports/figures/figures.h"

#include <algorithm>
#include <cmath>

namespace arcproof::reports {
namespace {

constexpr int fewest = 3;  // bins with fewer clumps have no statistics

struct Bias {
  std::string id, title, quantity, quantity_label, axis, axis_label;
  double factor;       // of bias, for the unit of the figure
  double least_reach;  // of the vertical axis
  bool logarithmic;    // horizontal axis
  std::string shows, well;
};

// Rows of the bias table: middle, low, high, bias, its error, scatter, n.
DataRows bias_rows(const io::Table& table, const Bias& what) {
  const io::Texts names = text_column(table, "quantity"), axes = text_column(table, "axis");
  const io::Reals low = real_column(table, "low"), high = real_column(table, "high"),
                  bias = real_column(table, "bias"), error = real_column(table, "bias_err"),
                  scatter = real_column(table, "scatter");
  const io::Integers n = integer_column(table, "n");
  DataRows rows;
  for (std::size_t i = 0; i < table.rows(); ++i)
    if (names[i] == what.quantity && axes[i] == what.axis && n[i] >= fewest && std::isfinite(bias[i]))
      rows.push_back({what.logarithmic ? std::sqrt(low[i] * high[i]) : 0.5 * (low[i] + high[i]), low[i],
                      high[i], what.factor * bias[i], what.factor * error[i], what.factor * scatter[i],
                      static_cast<double>(n[i])});
  return rows;
}

// The points and most of the band must fit; a few wild bins must not flatten the others.
double reach_of(const DataRows& rows, double least) {
  std::vector<double> extent;
  for (const auto& row : rows) extent.push_back(std::abs(row[3]) + std::fmax(row[4], row[5]));
  const double usual = statistics::quantile(finite(extent), 0.6), most = range_of(extent, 0, 0).high;
  return std::max(least, 1.15 * std::min(most, 2.5 * usual));
}

// The band of scatter is drawn as steps: one box a bin.
std::string draw_bias(const RunFolder& run, const Bias& what, const DataRows& rows) {
  Plot plot(what.id, half_px, 350);
  plot.data("bins", rows, 7);
  plot.frame(62, 16, 50, 32);
  if (what.logarithmic) plot.command("set logscale x\nset xtics (3, 5, 10, 20, 50, 100, 300, 1000)");
  const Range range = what.axis == "mag" ? magnitude_range(run) : Range{rows.front()[1], rows.back()[2]};
  plot.range("x", range.low, range.high);
  const double reach = reach_of(rows, what.least_reach);
  plot.range("y", -reach, 1.25 * reach);  // room for the counts
  plot.x_label(what.axis_label);
  plot.y_label(what.quantity_label);
  plot.key_above(1);
  plot.add("set arrow from graph 0, first 0 to graph 1, first 0 nohead linewidth 1.4 linecolor rgb '{}' back",
           colour::ink);
  plot.add(
      "plot $bins using 1:($4-$6):2:3:($4-$6):($4+$6) with boxxyerror fillcolor rgb '{}' title 'scatter "
      "(68%)', "
      "$bins using 1:4:5 with yerrorbars pointtype 7 pointsize 0.6 linewidth 1.4 linecolor rgb '{}' title "
      "'median and its error', "
      "$bins using 1:({:.7g}):(sprintf('%d',$7)) with labels font ',10' textcolor rgb '{}' notitle",
      faded(colour::sky, 0.65), colour::blue, 1.14 * reach, colour::soft);
  return plot.svg(what.title);
}

html::Figure bias_figure(const RunFolder& run, const Bias& what) {
  html::Figure figure{what.id, what.title, "", "", "", "half"};
  const DataRows rows = bias_rows(run.bias, what);
  if (rows.empty()) {
    figure.body = html::nothing("No bin holds three recovered clumps.");
    return figure;
  }
  figure.body = draw_bias(run, what, rows);
  figure.shows =
      fmt::format("{} The number of clumps in each bin stands on top; bins of fewer than {} are left out.",
                  what.shows, fewest);
  figure.well = what.well;
  return figure;
}

}  // namespace

std::vector<html::Figure> bias_figures(const RunFolder& run) {
  const std::string band = run.reference_band(), label = band_label(band), flux = "relative_flux_" + band;
  const std::string mag_axis = gnuplot_text(fmt::format("true observed magnitude {} [AB]", label)),
                    flux_axis = "'recovered / true \u2212 1  [%]'", log_axis = "'log_{10} recovered / true'";
  const std::string shows_flux =
      fmt::format("Flux in {} of recovered clumps against what was injected.", html::escape(label));
  std::vector<html::Figure> figures{
      bias_figure(run, {"bias-mag", "Flux bias against magnitude", flux, flux_axis, "mag", mag_axis, 100, 1,
                        false, shows_flux,
                        "points on the zero line within their errors, and a band that opens to both "
                        "sides alike. An upturn in the faintest bins is the boost of "
                        "clumps that were found because noise helped them."}),
      bias_figure(run,
                  {"bias-snr", "Flux bias against signal to noise", flux, flux_axis, "measured_snr_" + band,
                   gnuplot_text(fmt::format("measured S/N in {}", label)), 100, 1, true, shows_flux,
                   "points on the zero line, and a band of about 100% / (S/N) half-width."}),
      bias_figure(run, {"bias-radius", "Radius bias against radius", "log_radius_pc", log_axis,
                        "true_log_radius_pc", "'true log_{10} half-light radius [pc]'", 1, 0.05, false,
                        "Half-light radii of resolved recovered clumps against what was injected.",
                        "points on the zero line. At small radii only clumps measured too large count as "
                        "resolved, which lifts the left end."}),
      bias_figure(run,
                  {"bias-mass", "Mass bias against magnitude", "log_mass_msun", log_axis, "mag", mag_axis, 1,
                   0.05, false, "Stellar masses of recovered clumps against what was injected.",
                   "points on the zero line. A constant offset speaks of the lens or the stellar library, "
                   "one that grows to the faint side of the photometry."})};
  const io::Texts axes = text_column(run.bias, "axis");
  if (std::find(axes.begin(), axes.end(), "neighbour_pix") == axes.end()) return figures;
  const char* separation = "'distance to the nearest injected clump [pixel]'";
  figures.push_back(bias_figure(
      run,
      {"bias-separation", "Flux bias against separation", flux, flux_axis, "neighbour_pix", separation, 100,
       1, false, shows_flux,
       "points on the zero line down to the resolution of the image; a bias that sets in where clumps are no "
       "longer fitted together is light of the neighbour."}));
  figures.push_back(bias_figure(
      run,
      {"bias-radius-separation", "Radius bias against separation", "log_radius_pc", log_axis, "neighbour_pix",
       separation, 1, 0.05, false, "Half-light radii of resolved recovered clumps against what was injected.",
       "as for the fluxes."}));
  return figures;
}

}  // namespace arcproof::reports

// Are known mass functions recovered? Mocks seen through the run's injections, as published and corrected.
#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/figures/figures.h"

#include <algorithm>
#include <cmath>

namespace arcproof::reports {
namespace {

double value(const io::Table& table, std::string_view column, std::size_t row) {
  return real_column(table, column)[row];
}

bool is_power_law(const io::Table& recovery, std::size_t row) {
  return text_column(recovery, "population")[row].starts_with("power law");
}

// Recovered against true slope: mean over the mocks, the scatter as bar.
html::Figure slopes(const io::Table& recovery, const io::Table& images) {
  html::Figure figure{"recovery-slope", "Recovered slope against the true one", "", "", "", "half"};
  DataRows published, stated, corrected, through;
  Range range{0, -10};
  for (std::size_t i = 0; i < recovery.rows(); ++i) {
    if (!is_power_law(recovery, i)) continue;
    const double truth = value(recovery, "truth", i);
    published.push_back({truth - 0.03, truth + value(recovery, "published_bias", i),
                         value(recovery, "published_scatter", i)});
    stated.push_back({truth - 0.01, truth + value(recovery, "stated_bias", i)});
    corrected.push_back({truth + 0.01, truth + value(recovery, "bias", i), value(recovery, "scatter", i)});
    range = {std::min(range.low, truth), std::max(range.high, truth)};
  }
  for (std::size_t i = 0; i < images.rows(); ++i)
    through.push_back(
        {value(images, "truth", i) + 0.04 + 0.02 * static_cast<double>(integer_column(images, "fold")[i]),
         value(images, "median", i), value(images, "q16", i), value(images, "q84", i)});
  Plot plot(figure.id, half_px, 420);
  plot.frame(64, 16, 50, 54);
  plot.range("x", range.low - 0.2, range.high + 0.25);
  plot.range("y", range.low - 0.6, range.high + 0.9);
  plot.x_label(gnuplot_text("true slope"));
  plot.y_label(gnuplot_text("recovered slope"));
  plot.key_above(2);
  plot.data("published", published, 3);
  plot.data("stated", stated, 2);
  plot.data("corrected", corrected, 3);
  plot.data("through", through, 4);
  plot.add(
      "plot x with lines linecolor rgb '{}' notitle, $published with yerrorbars pointtype 7 linecolor rgb "
      "'{}' "
      "title 'nothing corrected', $stated with points pointtype 4 linecolor rgb '{}' title 'stated errors', "
      "$corrected with yerrorbars pointtype 7 linecolor rgb '{}' title 'corrected', $through with yerrorbars "
      "pointtype 6 linecolor rgb '{}' title 'corrected, through images'",
      colour::ink, colour::vermilion, colour::purple, colour::blue, colour::sky);
  figure.body = plot.svg("Recovered against true slope of the mass function, corrected and not");
  figure.shows =
      "Mean over the mocks, bars: their scatter. <b>Nothing corrected</b>: greatest likelihood above the "
      "mass "
      "limit. <b>Stated errors</b>: selection corrected, mass errors taken as stated. <b>Corrected</b>: mass "
      "errors as the injections suffered them. Open: single catalogues made of rendered and measured clumps, "
      "with their 68% intervals.";
  figure.well = "blue points lie on the line.";
  return figure;
}

// Cumulative distribution of the posterior probability below the truth, less the uniform one.
html::Figure calibration(const io::Table& table) {
  html::Figure figure{"recovery-calibration", "Calibration over the prior", "", "", "", "half"};
  std::vector<double> u = finite(real_column(table, "probability_below"));
  if (u.empty()) {
    figure.body = html::nothing("No mocks were drawn from the prior.");
    return figure;
  }
  std::sort(u.begin(), u.end());
  const auto n = static_cast<double>(u.size());
  const double band = 1.358 / (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n));
  DataRows steps{{0, 0}};
  double reach = 1.3 * band;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const double before = static_cast<double>(i) / n - u[i], after = static_cast<double>(i + 1) / n - u[i];
    steps.push_back({u[i], before});
    steps.push_back({u[i], after});
    reach = std::max({reach, 1.1 * std::abs(before), 1.1 * std::abs(after)});
  }
  steps.push_back({1, 0});
  Plot plot(figure.id, half_px, 420);
  plot.frame(64, 16, 50, 54);
  plot.range("x", 0, 1);
  plot.range("y", -reach, reach);
  plot.x_label(gnuplot_text("posterior probability below the true slope"));
  plot.y_label(gnuplot_text("cumulative fraction - uniform"));
  plot.data("steps", steps, 2);
  plot.add(
      "plot {} with lines dashtype 2 linecolor rgb '{}' notitle, {} with lines dashtype 2 linecolor rgb '{}' "
      "notitle, $steps with lines linewidth 1.6 linecolor rgb '{}' notitle",
      band, colour::grey, -band, colour::grey, colour::blue);
  figure.body = plot.svg("Cumulative distribution of posterior probabilities below the truth, less uniform");
  figure.shows = fmt::format(
      "{} slopes drawn from the prior, each with a catalogue and injections of its own. Dashed: where 95% of "
      "calibrated posteriors keep within (Kolmogorov and Smirnov).",
      u.size());
  figure.well = "the curve stays between the dashed lines.";
  return figure;
}

}  // namespace

std::vector<html::Figure> recovery_figures(const RunFolder& run) {
  if (run.recovery.rows() == 0) return {};
  return {slopes(run.recovery, run.recovery_images), calibration(run.recovery_calibration)};
}

std::string recovery_html(const RunFolder& run) {
  const io::Table& t = run.recovery;
  html::Table table{
      {"population", "parameter", "true", "mocks", "clusters in each", "bias, nothing corrected",
       "in scatters", "bias, stated errors", "bias, corrected", "scatter", "half-width", "coverage of 68%"},
      {0, 1},
      {}};
  for (std::size_t i = 0; i < t.rows(); ++i) {
    const auto v = [&](std::string_view column) { return value(t, column, i); };
    table.rows.push_back(
        {html::escape(text_column(t, "population")[i]), html::escape(text_column(t, "parameter")[i]),
         html::fixed(v("truth"), 2), html::count(static_cast<double>(integer_column(t, "n_fits")[i])),
         html::count(static_cast<double>(integer_column(t, "n_clusters")[i])),
         html::fixed(v("published_bias"), 3), html::fixed(v("published_bias") / v("published_scatter"), 1),
         html::fixed(v("stated_bias"), 3), html::with_error(v("bias"), v("bias_err"), 3),
         html::fixed(v("scatter"), 3), html::fixed(v("half_width"), 3),
         html::with_interval(100 * v("coverage"), 100 * v("coverage_low"), 100 * v("coverage_high"), 0)});
  }
  return "<div class=\"card\">\n<h3>Mocks of known mass functions</h3>\n" + html::table(table) +
         "<p class=\"aside\">Bias: mean of the corrected medians \u2212 truth \u00b1 its standard error. "
         "Coverage: per cent of the 68% intervals that hold the truth, with its own 68% "
         "interval.</p>\n</div>\n";
}

}  // namespace arcproof::reports

#include "reports/figures/recovery/recovery.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"

#include <algorithm>
#include <cmath>

namespace arcproof::reports {
namespace {

constexpr TableName calibration_table{"cmf_recovery.fits", "CALIBRATION"},
    images_table{"cmf_recovery.fits", "IMAGES"};

double value(const io::Table& table, std::string_view column, std::size_t row) {
  return real_column(table, column)[row];
}

bool is_power_law(const io::Table& recovery, std::size_t row) {
  return text_column(recovery, "population")[row].starts_with("power law");
}

// Widens a range for a value that lies beyond it.
void take_in(Range& range, double value) {
  constexpr double margin = 0.05;
  if (value < range.low) range.low = value - margin;
  if (value > range.high) range.high = value + margin;
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
  if (corrected.empty()) {
    figure.body = html::nothing("No mock is of a power law.");
    return figure;
  }
  for (std::size_t i = 0; i < images.rows(); ++i)
    through.push_back(
        {value(images, "truth", i) + 0.04 + 0.02 * static_cast<double>(integer_column(images, "fold")[i]),
         value(images, "median", i), value(images, "q16", i), value(images, "q84", i)});
  Plot plot(figure.id, half_px, 420);
  plot.frame(64, 16, 50, 54);
  Range x{range.low - 0.2, range.high + 0.25}, y{range.low - 0.6, range.high + 0.9};
  for (const DataRows* rows : {&published, &stated, &corrected, &through})
    for (const auto& row : *rows)
      if (std::isfinite(row[1])) take_in(x, row[0]), take_in(y, row[1]);
  plot.range("x", x.low, x.high);
  plot.range("y", y.low, y.high);
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
  if (run.table(recovery_table).rows() == 0) return {};
  return {slopes(run.table(recovery_table), run.table(images_table)),
          calibration(run.table(calibration_table))};
}

}  // namespace arcproof::reports

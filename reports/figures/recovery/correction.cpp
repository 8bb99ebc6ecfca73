#include "reports/figures/recovery/correction.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

constexpr TableName truth_of_hosts{"host_truth.fits", "HOST_TRUTH"};

html::Figure reliability_figure(const RunFolder& run) {
  html::Figure figure{"reliability", "Is p_detect right?", "", "", "", "half"};
  const io::Table& t = run.table(detection_table);
  const io::Reals predicted = real_column(t, "predicted"), found = real_column(t, "found"),
                  error = real_column(t, "found_err");
  DataRows rows;
  for (std::size_t i = 0; i < t.rows(); ++i) rows.push_back({predicted[i], found[i], error[i]});
  if (rows.empty()) {
    figure.body = html::nothing("Fewer than 50 injected images: too few to hold some out.");
    return figure;
  }
  Plot plot(figure.id, half_px, 380);
  plot.data("tenths", rows, 3);
  plot.frame(62, 16, 50, 14);
  plot.range("x", 0, 1);
  plot.range("y", 0, 1);
  plot.x_label("'probability that was predicted'");
  plot.y_label("'fraction that was found'");
  plot.add(
      "plot x with lines linewidth 1 linecolor rgb '{0}', $tenths using 1:2:3 with yerrorbars pointtype 7 "
      "pointsize 0.8 linecolor rgb '{1}'",
      colour::ink, colour::blue);
  figure.body = plot.svg(figure.title);
  figure.shows =
      "Injections by the probability to be found that was predicted for them, by a fit that had not seen "
      "their realisations: each point a tenth of all.";
  figure.well = "the points lie on the line, within their bars.";
  return figure;
}

html::Figure counts_figure(const RunFolder& run) {
  html::Figure figure{"corrected-counts", "Clumps by magnitude, corrected", "", "", "", "half"};
  const io::Table& t = run.table(counts_table);
  const io::Reals low = real_column(t, "low_mag"), high = real_column(t, "high_mag"),
                  counts = real_column(t, "counts"), error = real_column(t, "counts_err");
  const io::Texts status = text_column(t, "status");
  const io::Integers raw = integer_column(t, "n_rows");
  const io::Table& truth = run.table(truth_of_hosts);
  const io::Reals mag = real_column(truth, "mag");
  const io::Texts flag = text_column(truth, "injection_flag");
  DataRows corrected, plain, drawn;
  double most = 1;
  for (std::size_t b = 0; b < t.rows(); ++b) {
    const double middle = 0.5 * (low[b] + high[b]);
    double n = 0;
    for (std::size_t i = 0; i < mag.size(); ++i)
      n += flag[i] == "injected" && mag[i] >= low[b] && mag[i] < high[b];
    plain.push_back({middle, static_cast<double>(raw[b])});
    if (truth.rows()) drawn.push_back({middle, n});
    if (status[b] == "ok") corrected.push_back({middle, counts[b], error[b]});
    most = std::max({most, n, static_cast<double>(raw[b]), status[b] == "ok" ? counts[b] + error[b] : 0.0});
  }
  if (plain.empty()) {
    figure.body = html::nothing("No row of the catalogue was corrected.");
    return figure;
  }
  Plot plot(figure.id, half_px, 380);
  plot.data("plain", plain, 2);
  plot.data("drawn", drawn, 2);
  plot.data("corrected", corrected, 3);
  plot.frame(62, 16, 50, 50);
  plot.range("x", low.front(), high.back());
  plot.range("y", 0, 1.08 * most);
  plot.key_above(2);
  plot.x_label(gnuplot_text(fmt::format("true magnitude {} [AB]", band_label(run.reference_band()))));
  plot.y_label("'clumps in bins of 0.5 mag'");
  plot.add(
      "plot {}$plain using 1:2:(0.46) with boxes fillcolor rgb '{}' title 'selected rows', $corrected using "
      "1:2:3 "
      "with yerrorbars pointtype 7 pointsize 0.8 linecolor rgb '{}' title 'corrected'",
      drawn.empty()
          ? std::string()
          : fmt::format("$drawn using 1:2 with histeps linewidth 2 linecolor rgb '{}' title 'true clumps "
                        "of the simulated host', ",
                        colour::ink),
      faded(colour::sky, 0.5), colour::vermilion);
  figure.body = plot.svg(figure.title);
  figure.shows =
      "Selected rows by magnitude, and the number of clumps that they stand for: rows count p_true, spread "
      "over their possible true magnitudes, over p_detect. Bins where fewer than one in ten is found are not "
      "measured.";
  figure.well = drawn.empty() ? "corrected counts go on smoothly where the rows thin out."
                              : "corrected counts follow the black line, within their bars.";
  return figure;
}

}  // namespace

std::vector<html::Figure> correction_figures(const RunFolder& run) {
  return {reliability_figure(run), counts_figure(run)};
}

}  // namespace arcproof::reports

#include "reports/figures/recovery/truth.h"

#include "engine/core/statistics.h"
#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"

#include <algorithm>
#include <cmath>

namespace arcproof::reports {
namespace {

constexpr std::size_t most_points = 3000;  // a page stays light

struct Quantity {
  std::string id, title, unit;
  io::Reals truth, measured;
  io::Flags limit;  // the measurement is an upper limit
};

io::Reals log10_of(io::Reals values) {
  for (double& v : values) v = v > 0 ? std::log10(v) : NAN;
  return values;
}

std::vector<Quantity> quantities(const RunFolder& run) {
  const io::Table& t = run.table(injections_table);
  const std::string band = run.reference_band();
  const io::Flags never(t.rows(), false);
  return {{"truth-mag", "Magnitude " + band_label(band), "AB mag", real_column(t, "mag"),
           real_column(t, "measured_mag_" + band), never},
          {"truth-radius", "log\u2081\u2080 half-light radius", "pc", real_column(t, "true_log_radius_pc"),
           log10_of(real_column(t, "measured_radius_pc")), flag_column(t, "measured_radius_is_upper_limit")},
          {"truth-mass", "log\u2081\u2080 stellar mass", "M\u2609", real_column(t, "true_log_mass_msun"),
           real_column(t, "measured_log_mass_msun"), never},
          {"truth-age", "log\u2081\u2080 age", "yr", real_column(t, "true_log_age_yr"),
           real_column(t, "measured_log_age_yr"), never},
          {"truth-ebv", "E(B\u2212V)", "mag", real_column(t, "true_ebv_mag"),
           real_column(t, "measured_ebv_mag"), never},
          {"truth-mu", "log\u2081\u2080 magnification", "", log10_of(real_column(t, "true_mu")),
           log10_of(real_column(t, "measured_mu")), never}};
}

// Points by kind: S/N above 10, below, and upper limits.
struct Points {
  DataRows bright, faint, limits;
  std::vector<double> offsets;  // measured - true, without limits
  std::size_t count() const { return bright.size() + faint.size() + limits.size(); }
};

Points points_of(const RunFolder& run, const Quantity& q) {
  const io::Flags recovered = flag_column(run.table(injections_table), "recovered");
  const io::Reals snr = real_column(run.table(injections_table), "measured_snr_" + run.reference_band());
  Points points;
  for (std::size_t i = 0; i < q.truth.size(); ++i) {
    if (!recovered[i] || !std::isfinite(q.truth[i]) || !std::isfinite(q.measured[i])) continue;
    DataRows& kind = q.limit[i] ? points.limits : snr[i] > 10 ? points.bright : points.faint;
    kind.push_back({q.truth[i], q.measured[i]});
    if (!q.limit[i]) points.offsets.push_back(q.measured[i] - q.truth[i]);
  }
  return points;
}

DataRows some(const DataRows& rows, std::size_t total) {
  const std::size_t share = total > most_points ? rows.size() * most_points / total : rows.size();
  DataRows kept;
  for (const std::size_t i : thinned(rows.size(), share)) kept.push_back(rows[i]);
  return kept;
}

// Both axes alike: all true values, and all but the wildest half percent of the measured ones on either side.
Range common_range(const Points& points) {
  std::vector<double> truth, measured;
  for (const DataRows* rows : {&points.bright, &points.faint, &points.limits})
    for (const auto& row : *rows) {
      truth.push_back(row[0]);
      measured.push_back(row[1]);
    }
  const Range a = range_of(truth, 0, 0.05), b = range_of(measured, 0.005, 0.05);
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

std::string draw_points(const Quantity& q, const Points& points) {
  Plot plot(q.id, third_px, 350);
  const std::size_t total = points.count();
  plot.data("faint", some(points.faint, total), 2);
  plot.data("bright", some(points.bright, total), 2);
  plot.data("limits", some(points.limits, total), 2);
  const Range range = common_range(points);
  plot.frame(62, 14, 50, 12);
  plot.range("x", range.low, range.high);
  plot.range("y", range.low, range.high);
  const double step = tick_step(range.high - range.low, 5);
  plot.add("set xtics {0:.7g}\nset ytics {0:.7g}", step);
  const std::string unit = q.unit.empty() ? "" : " [" + q.unit + "]";
  plot.x_label(gnuplot_text("true" + unit));
  plot.y_label(gnuplot_text("recovered" + unit));
  const double clear = total > 600 ? 0.6 : 0.25, size = total > 600 ? 0.36 : total > 100 ? 0.5 : 0.75;
  const auto points_of_kind = [&](const char* name, int type, std::string_view hue) {
    return fmt::format(", ${} using 1:2 with points pointtype {} pointsize {} linecolor rgb '{}'", name, type,
                       size, faded(hue, clear));
  };
  plot.add("plot x with lines linewidth 1.6 linecolor rgb '{}'{}{}{}", colour::ink,
           points_of_kind("limits", 11, colour::soft), points_of_kind("faint", 7, colour::orange),
           points_of_kind("bright", 7, colour::blue));
  return plot.svg(q.title + ", recovered against true");
}

html::Figure truth_figure(const RunFolder& run, const Quantity& q) {
  html::Figure figure{q.id, q.title, "", "", "", "third"};
  const Points points = points_of(run, q);
  if (points.count() == 0) {
    figure.body = html::nothing("Not measured in any recovered clump.");
    return figure;
  }
  figure.body = draw_points(q, points);
  const int decimals = q.id == "truth-mag" ? 3 : 2;
  figure.shows =
      fmt::format("{}; recovered \u2212 true: median {}, scatter {}.", counted(points.count(), "clump"),
                  html::fixed(statistics::median(points.offsets), decimals),
                  html::fixed(statistics::mad_sigma(points.offsets), decimals));
  if (!points.limits.empty())
    figure.shows +=
        fmt::format(" Grey triangles: {} (unresolved).", counted(points.limits.size(), "upper limit"));
  return figure;
}

}  // namespace

std::vector<html::Figure> truth_figures(const RunFolder& run) {
  std::vector<html::Figure> figures;
  for (const Quantity& q : quantities(run)) figures.push_back(truth_figure(run, q));
  return figures;
}

}  // namespace arcproof::reports

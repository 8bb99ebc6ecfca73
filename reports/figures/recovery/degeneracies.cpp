#include "reports/figures/recovery/degeneracies.h"

#include "engine/core/statistics.h"
#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/drawing/pair_map.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::reports {
namespace {

constexpr TableName template_clumps_table{"template_mismatch.fits", "CLUMPS"},
    template_degeneracy_table{"template_mismatch.fits", "DEGENERACY"},
    template_histories_table{"template_mismatch.fits", "HISTORY"};

// ---- errors against errors

struct TiedQuantity {
  const char *id, *title, *column, *correlation;
  const char* label;
  const char *less, *more;  // what a fit with too low, too high a value has
  double jitter;            // of values on a coarse grid, so that points do not hide each other
};
constexpr std::array<TiedQuantity, 2> tied_quantities{
    {{"dust", "Age against dust", "av_mag", "age_dust_correlation",
      "'error of A_V, fitted \u2212 true [mag]'", "too little dust", "too much dust", 0},
     {"metallicity", "Age against metallicity", "log_metallicity", "age_metallicity_correlation",
      "'error of log_{10} Z, fitted \u2212 true [dex]'", "too little metal", "too much metal", 0.1}}};

/// Error of the quantity, error of log age, S/N.
DataRows errors_of_template(const io::Table& clumps, const std::string& name, const TiedQuantity& q) {
  const io::Texts truth = text_column(clumps, "truth_template");
  const io::Flags same = flag_column(clumps, "same_template");
  const std::string column = q.column;
  const io::Reals value = real_column(clumps, column), true_value = real_column(clumps, "true_" + column),
                  age = real_column(clumps, "log_age_yr"), true_age = real_column(clumps, "true_log_age_yr"),
                  snr = real_column(clumps, "snr");
  DataRows rows;
  for (std::size_t i = 0; i < clumps.rows(); ++i) {
    if (!same[i] || truth[i] != name || !std::isfinite(age[i]) || !std::isfinite(value[i])) continue;
    const double golden = 0.6180339887 * static_cast<double>(rows.size());
    rows.push_back({value[i] - true_value[i] + q.jitter * (golden - std::floor(golden) - 0.5),
                    age[i] - true_age[i], snr[i]});
  }
  return rows;
}

std::vector<double> column_of(const DataRows& rows, std::size_t column) {
  std::vector<double> values;
  for (const auto& row : rows) values.push_back(row[column]);
  return values;
}

double correlation_of(const RunFolder& run, const std::string& name, const TiedQuantity& q) {
  for (const std::size_t i : rows_where(run.table(template_degeneracy_table), "template", name))
    return real_column(run.table(template_degeneracy_table), q.correlation)[i];
  return std::nan("");
}

std::string direction(double correlation, const TiedQuantity& q) {
  if (!std::isfinite(correlation)) return "";
  if (std::abs(correlation) < 0.1) return "the two errors are hardly tied";
  return fmt::format("fits that are too old have {}, too young ones {}", correlation < 0 ? q.less : q.more,
                     correlation < 0 ? q.more : q.less);
}

// For a logarithmic colour bar: of the clumps with a true S/N above 0.
Range signal_to_noise_range(const DataRows& rows) {
  Range range{HUGE_VAL, 0};
  for (const auto& row : rows)
    if (std::isfinite(row[2]) && row[2] > 0)
      range = {std::min(range.low, row[2]), std::max(range.high, row[2])};
  return range.high > 0 ? range : Range{1, 10};
}

std::string draw_errors(const std::string& id, const DataRows& rows, const TiedQuantity& q,
                        double correlation) {
  Plot plot(id, half_px, 380);
  plot.frame(66, 86, 50, 32);
  const Range x = range_of(column_of(rows, 0)), y = range_of(column_of(rows, 1));
  plot.range("x", x.low, x.high);
  plot.range("y", y.low, y.high);
  plot.x_label(q.label);
  plot.y_label("'error of log_{10} age, fitted \u2212 true [dex]'");
  plot.unit_colour_bar("'true S/N'");
  const Range snr = signal_to_noise_range(rows);
  plot.command("set logscale cb\nset cbtics (2, 5, 10, 20, 50, 100, 200, 500) scale 0.4");
  plot.range("cb", 0.98 * snr.low, 1.02 * snr.high);
  for (const char* line : {"graph 0, first 0 to graph 1, first 0", "first 0, graph 0 to first 0, graph 1"})
    plot.add("set arrow from {} nohead linewidth 1 linecolor rgb '{}' back", line, colour::soft);
  plot.add("set label 10 'rank correlation {}' at graph 1, graph 1.05 right front textcolor rgb '{}'",
           html::fixed(correlation, 2), colour::ink);
  plot.data("errors", rows, 3);
  plot.command("plot $errors using 1:2:3 with points pointtype 7 pointsize 0.45 linecolor palette");
  return plot.svg(fmt::format("error of log age against {}", q.column));
}

html::Figure error_figure(const RunFolder& run, const std::string& name, std::size_t number,
                          const TiedQuantity& q) {
  html::Figure figure{fmt::format("degeneracy-{}-{}", q.id, number),
                      fmt::format("{}: {}, fitted with itself", q.title, name),
                      "",
                      "",
                      "",
                      "half"};
  const DataRows rows = errors_of_template(run.table(template_clumps_table), name, q);
  if (rows.empty()) {
    figure.body = html::nothing("No clump has a fit.");
    return figure;
  }
  const double correlation = correlation_of(run, name, q);
  figure.body = draw_errors(figure.id, rows, q, correlation);
  figure.shows = fmt::format("{}; rank correlation {}: {}.", counted(rows.size(), "clump"),
                             html::fixed(correlation, 2), direction(correlation, q));
  if (q.jitter > 0)
    figure.shows += " Metallicities are few: their errors are spread by \u00b10.05 dex to be seen.";
  return figure;
}

// ---- ages under one template and another

struct AgePair {
  double by_truth, by_other;
};

std::vector<AgePair> ages_of(const io::Table& clumps, const std::string& truth, const std::string& other) {
  const io::Texts t = text_column(clumps, "truth_template"), a = text_column(clumps, "analysis_template");
  const io::Reals age = real_column(clumps, "log_age_yr");
  std::vector<double> by_truth, by_other;
  for (std::size_t i = 0; i < clumps.rows(); ++i) {
    if (t[i] != truth) continue;
    if (a[i] == truth) by_truth.push_back(age[i]);
    if (a[i] == other) by_other.push_back(age[i]);
  }
  std::vector<AgePair> pairs;
  for (std::size_t i = 0; i < std::min(by_truth.size(), by_other.size()); ++i)
    if (std::isfinite(by_truth[i]) && std::isfinite(by_other[i])) pairs.push_back({by_truth[i], by_other[i]});
  return pairs;
}

/// Medians of the other age in bins of half a dex with ten clumps or more.
DataRows medians_of(const std::vector<AgePair>& pairs) {
  constexpr double step = 0.5;
  DataRows rows;
  for (int bin = 0; bin < 9; ++bin) {
    const double low = 6 + step * bin;
    std::vector<double> inside;
    for (const AgePair& p : pairs)
      if (p.by_truth >= low - 1e-9 && p.by_truth < low + step - 1e-9) inside.push_back(p.by_other);
    if (inside.size() >= 10) rows.push_back({low + 0.5 * step, statistics::median(inside)});
  }
  return rows;
}

constexpr std::array<std::string_view, 6> template_colours{colour::blue,      colour::orange, colour::green,
                                                           colour::vermilion, colour::purple, colour::sky};

std::string draw_ages(const RunFolder& run, const std::string& id, const std::vector<std::string>& all,
                      const std::string& truth) {
  Plot plot(id, half_px, 440);
  plot.frame(62, 14, 50, 46);
  constexpr std::size_t most = 300;
  double oldest = 8;
  std::string points, lines;
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (all[k] == truth) continue;
    const std::vector<AgePair> pairs = ages_of(run.table(template_clumps_table), truth, all[k]);
    DataRows some;
    for (const std::size_t i : thinned(pairs.size(), most))
      some.push_back({pairs[i].by_truth, pairs[i].by_other});
    for (const AgePair& p : pairs) oldest = std::max({oldest, p.by_truth, p.by_other});
    plot.data(fmt::format("ages{}", k), some, 2);
    plot.data(fmt::format("medians{}", k), medians_of(pairs), 2);
    const std::string_view paint = template_colours[k % template_colours.size()];
    points +=
        fmt::format(", $ages{} using 1:2 with points pointtype 7 pointsize 0.35 linecolor rgb '{}' notitle",
                    k, faded(paint, 0.55));
    lines += fmt::format(
        ", $medians{} using 1:2 with linespoints pointtype 7 pointsize 0.7 linewidth 2.4 linecolor rgb '{}' "
        "title {}",
        k, paint, gnuplot_text(all[k]));
  }
  plot.range("x", 5.9, oldest + 0.1);
  plot.range("y", 5.9, oldest + 0.1);
  plot.x_label(gnuplot_text("log age [yr] fitted with " + truth + " (the truth)"));
  plot.y_label("'log age [yr] fitted with another template'");
  plot.key_above(2);
  plot.add("plot x with lines linewidth 1.6 linecolor rgb '{}' notitle{}{}", colour::ink, points, lines);
  return plot.svg("fitted age under other templates against that under " + truth);
}

/// "burst: -0.16 dex, rank correlation 0.93".
std::string shift_words(const RunFolder& run, const std::string& truth, const std::string& other) {
  const io::Table& t = run.table(template_histories_table);
  const io::Texts a = text_column(t, "template_a"), b = text_column(t, "template_b");
  for (const std::size_t i : rows_where(t, "truth_template", truth)) {
    const bool forward = a[i] == truth && b[i] == other, backward = a[i] == other && b[i] == truth;
    if (!forward && !backward) continue;
    const double shift = real_column(t, "age_shift")[i];
    return fmt::format("{}: {} dex, rank correlation {}", html::escape(other),
                       html::fixed(forward ? shift : -shift, 2),
                       html::fixed(real_column(t, "age_correlation")[i], 2));
  }
  return "";
}

html::Figure age_figure(const RunFolder& run, const std::vector<std::string>& all, const std::string& truth,
                        std::size_t number) {
  html::Figure figure{fmt::format("degeneracy-ages-{}", number),
                      fmt::format("Ages of the same clumps; truth: {}", truth),
                      "",
                      "",
                      "",
                      "half"};
  figure.body = draw_ages(run, figure.id, all, truth);
  std::string words;
  for (const std::string& other : all)
    if (other != truth) words += (words.empty() ? "" : "; ") + shift_words(run, truth, other);
  figure.shows = "Points: clumps; lines: medians; black: the same age. Median shift by " + words + ".";
  return figure;
}

}  // namespace

std::vector<html::Figure> degeneracy_figures(const RunFolder& run) {
  if (run.table(template_clumps_table).rows() == 0 || run.table(template_degeneracy_table).rows() == 0)
    return {};
  const std::vector<std::string> all =
      distinct(text_column(run.table(template_clumps_table), "truth_template"));
  std::vector<html::Figure> figures;
  for (std::size_t k = 0; k < all.size(); ++k)
    for (const TiedQuantity& q : tied_quantities) figures.push_back(error_figure(run, all[k], k, q));
  if (all.size() > 1)
    for (std::size_t k = 0; k < all.size(); ++k) figures.push_back(age_figure(run, all, all[k], k));
  return figures;
}

std::string dust_direction(double correlation) { return direction(correlation, tied_quantities[0]); }

std::string metallicity_direction(double correlation) { return direction(correlation, tied_quantities[1]); }

}  // namespace arcproof::reports

#include "reports/figures/recovery/bias.h"

#include "engine/core/statistics.h"
#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/figures/recovery/axes.h"

#include <algorithm>
#include <cmath>

namespace arcproof::reports {
namespace {

constexpr TableName bias_table{"bias.fits", "BIAS", Needed::always},
    coverage_table{"bias.fits", "COVERAGE", Needed::always};

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
  const DataRows rows = bias_rows(run.table(bias_table), what);
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

// ---------------------------------------------------------------- pulls of the reference flux

struct Pulls {
  std::vector<double> all, bright;
};

Pulls flux_pulls(const RunFolder& run) {
  const std::string band = run.reference_band();
  const io::Table& t = run.table(injections_table);
  const io::Reals truth = real_column(t, "true_flux_" + band), flux = real_column(t, "measured_flux_" + band),
                  error = real_column(t, "measured_flux_" + band + "_err"),
                  snr = real_column(t, "measured_snr_" + band);
  const io::Flags recovered = flag_column(t, "recovered");
  Pulls pulls;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    const double pull = (flux[i] - truth[i]) / error[i];
    if (!recovered[i] || !std::isfinite(pull)) continue;
    pulls.all.push_back(pull);
    if (snr[i] > 10) pulls.bright.push_back(pull);
  }
  return pulls;
}

// Pulls on an axis that is linear about 0 and logarithmic beyond, so that none is off the picture.
double stretched(double pull) { return std::asinh(pull); }

// Half of the axis: the largest pull of all, rounded up to a bin.
double reach_of(const std::vector<double>& pulls, double step) {
  double most = stretched(5);
  for (const double pull : pulls) most = std::max(most, std::abs(stretched(pull)));
  return step * (std::floor(most / step) + 1);
}

// Density in bins of the stretched axis.
DataRows density(const std::vector<double>& pulls, double step, double reach) {
  const auto bins = static_cast<std::size_t>(std::lround(2 * reach / step));
  std::vector<double> counts(bins, 0);
  for (const double pull : pulls)
    ++counts[std::min(bins - 1, static_cast<std::size_t>((stretched(pull) + reach) / step))];
  DataRows rows;
  for (std::size_t k = 0; k < bins; ++k)
    rows.push_back({-reach + (static_cast<double>(k) + 0.5) * step,
                    counts[k] / (step * static_cast<double>(std::max<std::size_t>(1, pulls.size())))});
  return rows;
}

// "'−10' -2.998, ...": where pulls lie on the stretched axis.
std::string pull_ticks(double reach) {
  std::string ticks = "'0' 0";
  for (const double pull : {1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0})
    if (stretched(pull) <= reach)
      ticks +=
          fmt::format(", '{0:g}' {1:.5f}, '\u2212{0:g}' {2:.5f}", pull, stretched(pull), -stretched(pull));
  return ticks;
}

double highest(const DataRows& rows) {
  double most = 0;
  for (const auto& row : rows) most = std::max(most, row[1]);
  return most;
}

html::Figure pull_figure(const RunFolder& run) {
  html::Figure figure{"pulls", "Pulls of the reference flux", "", "", "", "half"};
  const Pulls pulls = flux_pulls(run);
  if (pulls.all.empty()) {
    figure.body = html::nothing("No recovered clump has a flux with an error.");
    return figure;
  }
  const double step = pulls.all.size() < 100 ? 0.6 : pulls.all.size() < 1000 ? 0.3 : 0.2;
  const double reach = reach_of(pulls.all, step);
  Plot plot("pulls", half_px, 350);
  const DataRows all = density(pulls.all, step, reach), bright = density(pulls.bright, step, reach);
  plot.data("all", all, 2);
  plot.data("bright", bright, 2);
  plot.frame(62, 16, 50, 32);
  plot.range("x", -reach, reach);
  plot.range("y", 0, 1.1 * std::max({0.45, highest(all), pulls.bright.empty() ? 0.0 : highest(bright)}));
  plot.command("set samples 400");
  plot.add("set xtics ({})", pull_ticks(reach));
  plot.x_label("'(recovered \u2212 true) / error'");
  plot.y_label("'density on this axis'");
  plot.key_above(1);
  plot.add(
      "plot $all using 1:2:({0:.4g}) with boxes fillcolor rgb '{1}' title {2}, $bright using 1:2 with "
      "histeps linewidth 2 linecolor rgb '{3}' title {4}, "
      "exp(-sinh(x)**2/2)*cosh(x)/sqrt(2*pi) with lines linewidth 2 dashtype (8,4) linecolor rgb '{5}' title "
      "'unit normal'",
      0.94 * step, faded(colour::sky, 0.4), gnuplot_text(fmt::format("all ({})", pulls.all.size())),
      colour::blue, gnuplot_text(fmt::format("S/N > 10 ({})", pulls.bright.size())), colour::vermilion);
  figure.body = plot.svg(figure.title);
  figure.shows = fmt::format(
      "Error of the flux in units of the error that the pipeline states: median {}, robust sigma {} for all; "
      "{} and {} for S/N &gt; 10. The axis is linear near 0 and logarithmic further out; it holds all pulls.",
      html::fixed(statistics::median(pulls.all), 2), html::fixed(statistics::mad_sigma(pulls.all), 2),
      html::fixed(statistics::median(pulls.bright), 2), html::fixed(statistics::mad_sigma(pulls.bright), 2));
  figure.well =
      "the histogram follows the dashed curve. Wider: errors are too small; narrower: too large; wings: "
      "blends.";
  return figure;
}

// The factor on the errors by magnitude.
html::Figure factor_figure(const RunFolder& run) {
  html::Figure figure{"error-factor", "By which factor errors are too small", "", "", "", "half"};
  const io::Table& t = run.table(error_factor_table);
  const io::Reals low = real_column(t, "low_mag"), factor = real_column(t, "factor"),
                  factor_low = real_column(t, "factor_low"), factor_high = real_column(t, "factor_high");
  DataRows rows;
  double first = HUGE_VAL, last = -HUGE_VAL, least = 0.8, most = 1.25;
  for (std::size_t i = 0; i < factor.size(); ++i) {
    if (!std::isfinite(low[i]) || !(factor[i] > 0) || !(factor_low[i] > 0)) continue;
    rows.push_back({low[i] + 0.5, factor[i], factor_low[i], factor_high[i]});
    first = std::min(first, low[i]);
    last = std::max(last, low[i] + 1);
    least = std::min(least, factor_low[i]);
    most = std::max(most, factor_high[i]);
  }
  if (rows.empty()) {
    figure.body = html::nothing("No magnitude has five recovered clumps.");
    return figure;
  }
  Plot plot("error-factor", half_px, 350);
  plot.data("factor", rows, 4);
  plot.frame(62, 16, 50, 32);
  plot.range("x", first, last);
  plot.command("set logscale y");
  plot.range("y", least / 1.15, most * 1.15);
  plot.command("set ytics (0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 50, 100, 200, 500)");
  plot.x_label(gnuplot_text("true magnitude, " + band_label(run.reference_band())));
  plot.y_label("'factor that restores 68%'");
  plot.add(
      "plot 1 with lines linewidth 2 dashtype (8,4) linecolor rgb '{}' notitle, $factor using 1:2:3:4 with "
      "yerrorbars pointtype 7 pointsize 0.6 linewidth 2 linecolor rgb '{}' notitle",
      colour::vermilion, colour::blue);
  figure.body = plot.svg(figure.title);
  figure.shows = fmt::format(
      "The factor by which flux errors would have to be larger for their 68% intervals to hold 68% of the "
      "true "
      "fluxes, by true magnitude; {} for all recovered clumps.",
      html::significant(run.metric("errors.factor_68"), 3));
  figure.well =
      "points on the line at 1. Above: errors are too small. Bright clumps in a bright host often lie "
      "far above: their errors know the sky's noise, but not the host's structure.";
  return figure;
}

// ---------------------------------------------------------------- one row a quantity

struct QuantityRow {
  std::string name;
  double n = NAN, pull_median = NAN, pull_sigma = NAN, covered = NAN, covered_low = NAN, covered_high = NAN;
};

std::vector<QuantityRow> quantity_rows(const RunFolder& run) {
  const io::Texts names = text_column(run.table(bias_table), "quantity"),
                  coverage_names = text_column(run.table(coverage_table), "quantity");
  const io::Reals median = real_column(run.table(bias_table), "pull_median"),
                  sigma = real_column(run.table(bias_table), "pull_sigma");
  const io::Reals covered = real_column(run.table(coverage_table), "coverage"),
                  low = real_column(run.table(coverage_table), "coverage_low"),
                  high = real_column(run.table(coverage_table), "coverage_high");
  const io::Integers n = integer_column(run.table(bias_table), "n");
  std::vector<QuantityRow> rows;
  for (const std::size_t i : rows_where(run.table(bias_table), "axis", "all")) {
    QuantityRow row{names[i], n[i] == io::missing_integer ? NAN : static_cast<double>(n[i]), median[i],
                    sigma[i]};
    const auto at =
        std::find(coverage_names.begin(), coverage_names.end(), names[i]) - coverage_names.begin();
    if (static_cast<std::size_t>(at) < coverage_names.size() &&
        std::isfinite(covered[static_cast<std::size_t>(at)])) {
      const auto k = static_cast<std::size_t>(at);
      row.covered = covered[k], row.covered_low = low[k], row.covered_high = high[k];
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// Columns: row, pull median and its error, pull sigma and its error, coverage with its interval. Errors of
// the median and of the MAD of a normal sample: 1.2533 and 1.1664 sigma / sqrt n (efficiencies 64 and 37%).
DataRows quantity_data(const std::vector<QuantityRow>& rows) {
  DataRows data;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const QuantityRow& r = rows[i];
    const double unit = r.n > 0 ? r.pull_sigma / std::sqrt(r.n) : NAN;
    data.push_back({-static_cast<double>(i), r.pull_median, 1.2533 * unit, r.pull_sigma, 1.1664 * unit,
                    r.covered, r.covered_low, r.covered_high});
  }
  return data;
}

std::string row_name(const QuantityRow& row) {
  return fmt::format("{}  (n = {})", quantity_label(row.name), html::count(row.n));
}

// Names of the rows as tics of the vertical axis; the panels to the right repeat the tics without names.
std::string row_tics(const std::vector<QuantityRow>& rows, bool named) {
  std::string tics;
  for (std::size_t i = 0; i < rows.size(); ++i)
    tics += fmt::format("{}{} -{}", i ? ", " : "", named ? gnuplot_text(row_name(rows[i])) : "''", i);
  return "set ytics (" + tics + ")";
}

// What the longest name needs at the left of the first panel.
int room_for_names(const std::vector<QuantityRow>& rows) {
  constexpr int letter_px = 7, tic_px = 16;
  std::ptrdiff_t letters = 0;
  for (const QuantityRow& row : rows) {
    const std::string name = row_name(row);  // in UTF-8: bytes 10xxxxxx begin no letter
    letters = std::max(letters, std::count_if(name.begin(), name.end(), [](char c) {
                         return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
                       }));
  }
  return letter_px * static_cast<int>(letters) + tic_px;
}

void ideal_line(Plot& plot, double x) {
  plot.add(
      "unset arrow\nset arrow from {0}, graph 0 to {0}, graph 1 nohead linewidth 1.6 dashtype (8,4) "
      "linecolor rgb '{1}' back",
      x, colour::vermilion);
}

std::string draw_quantities(const std::vector<QuantityRow>& rows) {
  const int height = 90 + 26 * static_cast<int>(rows.size());
  Plot plot("quantities", full_px, height);
  plot.data("rows", quantity_data(rows), 8);
  std::vector<double> medians, sigmas;
  for (const QuantityRow& r : rows)
    medians.push_back(std::abs(r.pull_median)), sigmas.push_back(r.pull_sigma);
  const std::string style =
      fmt::format("with xerrorbars pointtype 7 pointsize 0.7 linewidth 1.4 linecolor rgb '{}'", colour::blue);
  plot.command("set multiplot");
  plot.range("y", -static_cast<double>(rows.size()) + 0.4, 0.6);
  plot.command(row_tics(rows, true));
  constexpr int gap = 20;
  const int first = room_for_names(rows), width = (full_px - first - 3 * gap) / 3;
  const auto panel = [&](int i) {
    const int left = first + i * (width + gap);
    plot.frame(left, full_px - left - width, 52, 14);
  };
  panel(0);
  const double reach = std::clamp(1.3 * range_of(medians, 0, 0).high, 1.0, 10.0);
  plot.range("x", -reach, reach);
  plot.x_label("'median pull'");
  ideal_line(plot, 0);
  plot.command("plot $rows using 2:1:3 " + style);
  plot.command(row_tics(rows, false));
  panel(1);
  plot.command("set logscale x\nset xtics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)");
  plot.range("x", std::clamp(0.8 * range_of(sigmas, 0, 0).low, 0.05, 0.4),
             std::clamp(1.3 * range_of(sigmas, 0, 0).high, 2.2, 30.0));
  plot.x_label("'robust sigma of the pulls'");
  ideal_line(plot, 1);
  plot.command("plot $rows using 4:1:5 " + style);
  panel(2);
  plot.command("unset logscale x\nset xtics 0, 0.2, 1");
  plot.x_label("'true value inside the 68% interval'");
  plot.range("x", 0, 1);
  ideal_line(plot, 0.683);
  plot.command("plot $rows using 6:1:7:8 " + style);
  plot.command("unset multiplot");
  return plot.svg("pulls and coverage of every measured quantity");
}

html::Figure quantities_figure(const RunFolder& run) {
  html::Figure figure{"quantities", "Pulls and coverage of every quantity", "", "", "", "full"};
  const std::vector<QuantityRow> rows = quantity_rows(run);
  if (rows.empty()) {
    figure.body = html::nothing("No quantity was measured.");
    return figure;
  }
  figure.body = draw_quantities(rows);
  figure.shows =
      "Left: median of (recovered \u2212 true) / error, which shows bias. Middle: robust width of the same, "
      "which shows errors that are too small (right of 1) or too "
      "large (left). Right: how often the 68% interval holds the true value, with its 68% binomial interval. "
      "n is the number of recovered clumps.";
  figure.well = "all points on the dashed lines (0, 1 and 0.683) within about their errors.";
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
  const io::Texts axes = text_column(run.table(bias_table), "axis");
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

std::vector<html::Figure> pull_figures(const RunFolder& run) {
  return {pull_figure(run), factor_figure(run), quantities_figure(run)};
}

}  // namespace arcproof::reports

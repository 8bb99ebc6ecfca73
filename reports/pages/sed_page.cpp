#include "reports/pages/sed_page.h"

#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/drawing/html.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace arcproof::reports {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<std::string_view, 6> track_colours{colour::blue, colour::green,     colour::orange,
                                                        colour::sky,  colour::vermilion, colour::purple};

// ---- colours

// Ages that are marked on the tracks.
constexpr std::pair<double, const char*> marked_ages[] = {
    {6, "1 Myr"}, {7, "10 Myr"}, {8, "100 Myr"}, {9, "1 Gyr"}};

void include(Range& range, double value) {
  if (!std::isfinite(value)) return;
  range.low = std::min(range.low, value);
  range.high = std::max(range.high, value);
}

Range padded(Range range) {
  const double margin = 0.08 * std::max(0.2, range.high - range.low);
  return {range.low - margin, range.high + margin};
}

// Clumps and tracks, but not the tails of clumps that are nothing but noise.
std::pair<Range, Range> ranges_of(const ColourDiagram& d) {
  Range x{HUGE_VAL, -HUGE_VAL}, y{HUGE_VAL, -HUGE_VAL};
  for (const ColourTrack& track : d.tracks)
    for (const ColourTrack::Step& step : track.steps) {
      include(x, step.x);
      include(y, step.y);
    }
  std::vector<double> xs, ys;
  for (const ColourDiagram::Clump& c : d.clumps) {
    xs.push_back(c.x);
    ys.push_back(c.y);
  }
  for (const double v : {range_of(xs, 0.02).low, range_of(xs, 0.02).high})
    if (!xs.empty()) include(x, v);
  for (const double v : {range_of(ys, 0.02).low, range_of(ys, 0.02).high})
    if (!ys.empty()) include(y, v);
  return {padded(x), padded(y)};
}

// Points of a track at the marked ages, where it reaches them.
std::vector<std::pair<ColourTrack::Step, const char*>> marks_of(const ColourTrack& track) {
  std::vector<std::pair<ColourTrack::Step, const char*>> marks;
  for (const auto& [log_age, text] : marked_ages) {
    const auto nearest = std::min_element(track.steps.begin(), track.steps.end(),
                                          [at = log_age](const auto& a, const auto& b) {
                                            return std::abs(a.log_age_yr - at) < std::abs(b.log_age_yr - at);
                                          });
    if (nearest != track.steps.end() && std::abs(nearest->log_age_yr - log_age) < 0.06)
      marks.emplace_back(*nearest, text);
  }
  return marks;
}

std::string draw_tracks(Plot& plot, const ColourDiagram& d) {
  std::string lines;
  for (std::size_t t = 0; t < d.tracks.size(); ++t) {
    DataRows steps, marks;
    for (const ColourTrack::Step& step : d.tracks[t].steps) steps.push_back({step.x, step.y});
    for (const auto& [step, text] : marks_of(d.tracks[t])) marks.push_back({step.x, step.y});
    plot.data(fmt::format("track{}", t), steps, 2);
    plot.data(fmt::format("marks{}", t), marks, 2);
    const std::string_view paint = track_colours[t % track_colours.size()];
    lines += fmt::format(
        "{}$track{} using 1:2 with lines linewidth 2 linecolor rgb '{}' title {}, $marks{} using 1:2 with "
        "points pointtype 5 pointsize 0.7 linecolor rgb '{}' notitle",
        t ? ", " : "plot ", t, paint, gnuplot_text(d.tracks[t].name), t, paint);
  }
  // Ages stand on the last track alone.
  if (!d.tracks.empty()) {
    int tag = 100;
    for (const auto& [step, text] : marks_of(d.tracks.back()))
      plot.add(
          "set label {} '{}' at first {:.6g}, first {:.6g} left offset 0.7,-0.5 front font ',11' textcolor "
          "rgb '{}'",
          tag++, text, step.x, step.y, colour::soft);
  }
  return lines;
}

// How far, and where to, dust moves a clump: in the corner that the arrow does not leave.
void draw_dust(Plot& plot, const ColourDiagram& d, const Range& x, const Range& y) {
  if (!(d.dust_av_mag > 0)) return;
  const double from_x = x.low + 0.06 * (x.high - x.low);
  const double from_y =
      d.dust_y >= 0 ? y.high - 0.08 * (y.high - y.low) - d.dust_y : y.high - 0.08 * (y.high - y.low);
  plot.add(
      "set arrow 1 from first {0:.6g}, first {1:.6g} to first {2:.6g}, first {3:.6g} front filled size "
      "screen 0.015,20 linewidth 2 linecolor rgb '{4}'",
      from_x, from_y, from_x + d.dust_x, from_y + d.dust_y, colour::ink);
  plot.add(
      "set label 99 'dust, A_V = {:g}' at first {:.6g}, first {:.6g} left offset 0.8,0 front textcolor "
      "rgb '{}'",
      d.dust_av_mag, from_x + d.dust_x, from_y + d.dust_y, colour::ink);
}

html::Figure diagram_figure(const ColourDiagram& d, std::size_t number) {
  html::Figure figure{fmt::format("colours-{}", number), d.title, "", "", "", "half"};
  if (d.clumps.empty() && d.tracks.empty()) {
    figure.body = html::nothing("No clump is detected in three bands.");
    return figure;
  }
  DataRows clumps, unknown;
  for (const ColourDiagram::Clump& c : d.clumps)
    (std::isfinite(c.log_age_yr) ? clumps : unknown).push_back({c.x, c.y, c.x_err, c.y_err, c.log_age_yr});
  Plot plot(figure.id, half_px, 480);
  plot.frame(62, 84, 50, 50);
  const auto [x, y] = ranges_of(d);
  plot.range("x", x.low, x.high);
  plot.range("y", y.low, y.high);
  plot.x_label(gnuplot_text(d.x_label));
  plot.y_label(gnuplot_text(d.y_label));
  plot.unit_colour_bar("'log_{10} fitted age [yr]'");
  plot.range("cb", 6, 10);
  plot.command("set cbtics 1 scale 0.4");
  plot.key_above(2);
  plot.data("clumps", clumps, 5);
  plot.data("unknown", unknown, 5);
  draw_dust(plot, d, x, y);
  std::string lines = draw_tracks(plot, d);
  lines += fmt::format(
      "{}$clumps using 1:2:3:4 with xyerrorbars pointtype 0 linewidth 1 linecolor rgb '{}' notitle, "
      "$clumps using 1:2 with points pointtype 7 pointsize 1.05 linecolor rgb '{}' notitle, "
      "$clumps using 1:2:5 with points pointtype 7 pointsize 0.85 linecolor palette notitle, "
      "$unknown using 1:2:3:4 with xyerrorbars pointtype 6 pointsize 0.8 linewidth 1 linecolor rgb '{}' "
      "notitle",
      lines.empty() ? "plot " : ", ", faded(colour::grey, 0.3), colour::ink, colour::grey);
  plot.command(lines);
  figure.body = plot.svg(d.title);
  figure.shows = fmt::format(
      "{} detected in all three bands, in the colour of the fitted age (open: no fit), and the models "
      "without dust; squares: 1, 10, 100 Myr and 1 Gyr.",
      counted(d.clumps.size(), "clump"));
  figure.well =
      "clumps lie on the tracks or, along the arrow, behind them, and their ages go with the track's.";
  return figure;
}

// ---- spectra

Range flux_range(const SpectrumPlot& s) {
  Range range{HUGE_VAL, -HUGE_VAL};
  for (const SpectrumPlot::Band& b : s.bands) {
    if (b.detected) {
      include(range, b.flux - std::min(b.error, 0.6 * b.flux));
      include(range, b.flux + b.error);
    } else if (std::isfinite(b.flux)) {
      include(range, std::max(b.flux, 0.0) + 2 * b.error);
    }
    if (b.model > 0 && (b.detected || b.used)) include(range, b.model);
  }
  if (!(range.low > 0) || !(range.high > 0)) return {0.1, 10};
  // An emission line may stand above, a break may fall below: within reason.
  return {range.low / 3, range.high * 3};
}

Range wavelength_range(const SpectrumPlot& s) {
  Range range{HUGE_VAL, -HUGE_VAL};
  for (const SpectrumPlot::Band& b : s.bands) {
    include(range, b.um_low);
    include(range, b.um_high);
  }
  return {0.9 * range.low, 1.1 * range.high};
}

void spectrum_data(Plot& plot, const SpectrumPlot& s) {
  DataRows spectrum, detected, faint, model, residual;
  for (const SpectrumPlot::Sample& p : s.spectrum)
    spectrum.push_back(
        {p.um, p.best > 0 ? p.best : missing, p.low > 0 ? p.low : missing, p.high > 0 ? p.high : missing});
  for (const SpectrumPlot::Band& b : s.bands) {
    if (b.detected) detected.push_back({b.um, b.um_low, b.um_high, b.flux, b.error});
    else if (std::isfinite(b.flux)) faint.push_back({b.um, std::max(b.flux, 0.0) + 2 * b.error});
    if (b.model > 0) model.push_back({b.um, b.model});
    if (std::isfinite(b.flux) && std::isfinite(b.model))
      residual.push_back({b.um, (b.flux - b.model) / b.error, b.used ? 1.0 : 0.0});
  }
  plot.data("spectrum", spectrum, 4);
  plot.data("detected", detected, 5);
  plot.data("faint", faint, 2);
  plot.data("model", model, 2);
  plot.data("residual", residual, 3);
}

std::string wavelength_tics(const Range& range) {
  std::string list;
  for (const double um : {0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0})
    if (um >= range.low && um <= range.high) list += fmt::format("{}{:g}", list.empty() ? "" : ", ", um);
  return list;
}

// 1, 2, 5, 10, ...: few ranges hold two powers of ten.
std::string flux_tics(const Range& range) {
  std::string list;
  const bool wide = range.high > 300 * range.low;
  for (int power = -4; power < 10; ++power)
    for (const double first : {1.0, 2.0, 5.0}) {
      const double flux = first * std::pow(10, power);
      if (flux < range.low || flux > range.high || (wide && first > 1)) continue;
      list += fmt::format("{}'{:g}' {:g}", list.empty() ? "" : ", ", flux, flux);
    }
  return list;
}

std::string draw_spectrum(const std::string& id, const SpectrumPlot& s) {
  constexpr int height = 400, strip = 74;
  Plot plot(id, half_px, height);
  spectrum_data(plot, s);
  const Range um = wavelength_range(s), flux = flux_range(s);
  plot.command("set multiplot\nset logscale x");
  plot.range("x", um.low, um.high);
  plot.add("set xtics ({})", wavelength_tics(um));
  // The residuals below.
  plot.frame(66, 14, 50, height - 50 - strip);
  plot.range("y", -3.9, 3.9);
  plot.command("set ytics (-3, 0, 3)");
  plot.x_label("'observed wavelength [\u00b5m]'");
  plot.y_label("'residual [σ]'");
  plot.add(
      "plot 0 with lines linewidth 1.2 linecolor rgb '{}', $residual using 1:($3 > 0 ? $2 : NaN) with "
      "points pointtype 7 pointsize 0.7 linecolor rgb '{}', $residual using 1:($3 > 0 ? NaN : $2) with "
      "points pointtype 6 pointsize 0.7 linecolor rgb '{}'",
      colour::ink, colour::ink, colour::grey);
  // The spectrum above.
  plot.frame(66, 14, 50 + strip + 10, 34);
  plot.add("set logscale y\nset ytics ({})\nset format x ''\nunset label 1", flux_tics(flux));
  plot.range("y", flux.low, flux.high);
  plot.y_label("'f_ν [nJy], demagnified'");
  plot.key_above(1);
  plot.add(
      "plot $spectrum using 1:3:4 with filledcurves linecolor rgb '{}' title '68%', "
      "$spectrum using 1:2 with lines linewidth 1.2 linecolor rgb '{}' title 'best fit', "
      "$model using 1:2 with points pointtype 4 pointsize 1 linewidth 1.4 linecolor rgb '{}' title 'in "
      "bands', "
      "$faint using 1:2:(0):($2*(-0.45)) with vectors filled size screen 0.012,20 linewidth 1.4 linecolor "
      "rgb '{}' notitle, "
      "$detected using 1:4:2:3:($4-$5):($4+$5) with xyerrorbars pointtype 7 pointsize 0.8 linewidth 1.4 "
      "linecolor rgb '{}' title 'data'",
      faded(colour::sky, 0.55), colour::blue, colour::blue, colour::grey, colour::ink);
  plot.command("unset multiplot");
  return plot.svg("spectrum and photometry of " + s.title);
}

html::Figure spectrum_figure(const SpectrumPlot& s, std::size_t number) {
  html::Figure figure{fmt::format("spectrum-{}", number), s.title, "", s.facts_html, "", "half"};
  const bool any = std::any_of(s.bands.begin(), s.bands.end(),
                               [](const SpectrumPlot::Band& b) { return std::isfinite(b.flux); });
  figure.body = any ? draw_spectrum(figure.id, s) : html::nothing("Not observed in any band.");
  return figure;
}

// ---- histories

// The youngest bin begins at 0: on a logarithmic axis, at a fraction of its end.
double shown_young(const HistoryBin& bin) { return bin.young_myr > 0 ? bin.young_myr : 0.2 * bin.old_myr; }

// From the medians, and the errors within a factor of ten about them: rates have no lower limit.
Range rate_range(const std::vector<HistoryBin>& history) {
  Range range{HUGE_VAL, -HUGE_VAL};
  for (const HistoryBin& bin : history) {
    if (!(bin.median > 0)) continue;
    include(range, std::max(bin.low, 0.1 * bin.median));
    include(range, std::min(bin.high, 10 * bin.median));
  }
  if (!(range.low > 0) || !(range.high > range.low)) return {0.1, 10};
  return {range.low / 1.6, range.high * 1.6};
}

std::string lookback_tics(double from, double to) {
  std::string list;
  for (const double myr : {1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0})
    if (myr >= from && myr <= to) list += fmt::format("{}'{:g}' {:g}", list.empty() ? "" : ", ", myr, myr);
  return list;
}

html::Figure history_figure(const SpectrumPlot& s, std::size_t number) {
  html::Figure figure{fmt::format("history-{}", number), s.title + ": star formation", "", "", "", "half"};
  const Range rate = rate_range(s.history);
  DataRows band, median;
  for (const HistoryBin& bin : s.history)
    for (const double myr : {shown_young(bin), bin.old_myr}) {
      band.push_back({myr, std::max(bin.low, 0.01 * rate.low), bin.high});
      median.push_back({myr, bin.median});
    }
  const double from = shown_young(s.history.front()), to = s.history.back().old_myr;
  Plot plot(figure.id, half_px, 400);
  plot.frame(66, 14, 50, 34);
  plot.command("set logscale xy");
  plot.range("x", from, 1.02 * to);
  plot.range("y", rate.low, rate.high);
  plot.add("set xtics ({})", lookback_tics(from, 1.02 * to));
  plot.add("set ytics ({})", flux_tics(rate));
  plot.x_label("'before the observation [Myr]'");
  plot.y_label("'star formation rate [M_⊙ yr^{-1}]'");
  plot.key_above(1);
  plot.data("band", band, 3);
  plot.data("median", median, 2);
  plot.add(
      "plot $band using 1:2:3 with filledcurves linecolor rgb '{}' title '68%', $median using 1:2 with lines "
      "linewidth 2 linecolor rgb '{}' title 'median'",
      faded(colour::sky, 0.55), colour::blue);
  figure.body = plot.svg("star formation history of " + s.title);
  figure.shows = "Star formation rate in each bin of time; the youngest bin begins at the observation.";
  return figure;
}

}  // namespace

std::string sed_page(const SedPage& page) {
  std::vector<html::Figure> diagrams, spectra;
  for (std::size_t i = 0; i < page.diagrams.size(); ++i)
    diagrams.push_back(diagram_figure(page.diagrams[i], i));
  for (std::size_t i = 0; i < page.spectra.size(); ++i) {
    spectra.push_back(spectrum_figure(page.spectra[i], i));
    if (!page.spectra[i].history.empty()) spectra.push_back(history_figure(page.spectra[i], i));
  }
  std::string body =
      "<header>\n<h1>" + html::escape(page.title) + "</h1>\n" + page.lead_html + "</header>\n<main>\n";
  if (!diagrams.empty())
    body += html::section("colours", "Colours", "Do the models reach the colours that were measured?",
                          html::grid(diagrams));
  if (!page.line_widths.empty())
    body += html::section("lines", "Emission lines", page.line_lead_html,
                          html::grid(line_width_figures(page.line_widths)) +
                              line_width_table(page.line_widths, {1, 2, 3, 5, 7, 10}));
  if (!spectra.empty())
    body += html::section(
        "spectra", "Spectra",
        "Do the fits go through the photometry? Filled circles: detections with the bands' widths; arrows: "
        "2 &sigma; limits; line and squares: the best fit and what it gives in the bands; blue area: 68% of "
        "the fits. Below: (measured \u2212 best fit) / &sigma;, open where a band is not in the likelihood.",
        html::grid(spectra));
  return html::page(page.title, body + "</main>\n");
}

}  // namespace arcproof::reports

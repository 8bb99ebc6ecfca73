#include "reports/pages/cmf_page.h"

#include "engine/core/statistics.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/drawing/html.h"
#include "reports/drawing/joint_density.h"
#include "reports/pages/cmf_words.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace arcproof::reports {

// ---- the numbers behind the figures

std::vector<std::array<double, 2>> cumulative_staircase(std::vector<double> log_mass, double log_min) {
  std::sort(log_mass.begin(), log_mass.end());
  double above = static_cast<double>(log_mass.size());
  std::vector<std::array<double, 2>> corners{{log_min, above}};
  for (const double m : log_mass) {
    corners.push_back({m, above});
    corners.push_back({m, --above});
  }
  return corners;
}

namespace {

// Share of the clusters above each mass when the mass function ends at log_max.
std::vector<double> shares_above(double beta, double log_cutoff, double min_mass_msun, double log_max,
                                 const std::vector<double>& log_mass) {
  std::vector<double> share = cumulative_counts(beta, log_cutoff, min_mass_msun, 1, log_mass);
  if (!std::isfinite(log_max)) return share;
  const double beyond = cumulative_counts(beta, log_cutoff, min_mass_msun, 1, {log_max}).front();
  for (double& s : share) s = std::max(0.0, (s - beyond) / (1 - beyond));
  return share;
}

}  // namespace

CurveBand cumulative_band_within(const std::vector<double>& beta, const std::vector<double>& log_cutoff,
                                 double min_mass_msun, double max_mass_msun, double total,
                                 double log_mass_high) {
  constexpr std::size_t most_draws = 400, points = 61;
  CurveBand band;
  if (beta.empty()) return band;
  const double low = std::log10(min_mass_msun), high = std::fmax(log_mass_high, low + 0.5);
  for (std::size_t k = 0; k < points; ++k)
    band.log_mass.push_back(low + (high - low) * static_cast<double>(k) / (points - 1));
  std::vector<std::vector<double>> at(points);
  for (const std::size_t i : thinned(beta.size(), most_draws)) {
    const auto share = shares_above(beta[i], log_cutoff.empty() ? HUGE_VAL : log_cutoff[i], min_mass_msun,
                                    std::log10(max_mass_msun), band.log_mass);
    for (std::size_t k = 0; k < points; ++k) at[k].push_back(total * share[k]);
  }
  const double quantiles[] = {0.16, 0.5, 0.84};
  for (const auto& values : at) {
    const auto q = statistics::quantiles(values, quantiles);
    band.low.push_back(q[0]);
    band.median.push_back(q[1]);
    band.high.push_back(q[2]);
  }
  return band;
}

// ---- the figures

namespace {

constexpr std::array<std::string_view, most_catalogues> paints{
    colour::blue, colour::orange, colour::green, colour::vermilion, colour::purple, colour::sky};
constexpr std::string_view beta_label = "'slope β'", cutoff_label = "'log_{10} M_c [M_{☉}]'";

DataRows rows_of(const CurveBand& band) {
  DataRows rows;
  for (std::size_t k = 0; k < band.log_mass.size(); ++k)
    rows.push_back({band.log_mass[k], band.low[k], band.median[k], band.high[k]});
  return rows;
}

void append(std::string& list, const std::string& item) { list += (list.empty() ? "plot " : ", ") + item; }

html::Figure counts_figure(const CmfPage& page, bool schechter) {
  html::Figure figure{schechter ? "counts-schechter" : "counts-power-law",
                      schechter ? "Clusters heavier than M, and the Schechter functions"
                                : "Clusters heavier than M, and the power laws",
                      "",
                      "",
                      "",
                      "half"};
  const double log_min = std::log10(page.min_mass_msun);
  double heaviest = log_min, most = 1;
  for (const CmfCatalogue& c : page.catalogues) {
    for (const double m : c.log_mass) heaviest = std::max(heaviest, m);
    most = std::max(most, static_cast<double>(c.log_mass.size()));
  }
  const double log_high = heaviest + 0.3;
  Plot plot(figure.id, half_px, 420);
  std::string bands, lines;
  for (std::size_t c = 0; c < page.catalogues.size(); ++c) {
    const CmfCatalogue& one = page.catalogues[c];
    DataRows stairs;
    for (const auto& corner : cumulative_staircase(one.log_mass, log_min))
      stairs.push_back({corner[0], corner[1]});
    plot.data(fmt::format("counts{}", c), stairs, 2);
    plot.data(fmt::format("band{}", c),
              rows_of(cumulative_band_within(schechter ? one.schechter_beta : one.power_law_beta,
                                             schechter ? one.schechter_log_cutoff : std::vector<double>{},
                                             page.min_mass_msun, page.max_mass_msun,
                                             static_cast<double>(one.log_mass.size()), log_high)),
              4);
    append(bands, fmt::format("$band{} using 1:2:4 with filledcurves fillcolor rgb '{}' notitle", c,
                              faded(paints[c], 0.85)));
    lines += fmt::format(
        ", $band{0} using 1:3 with lines dashtype 2 linewidth 1.6 linecolor rgb '{1}' notitle, $counts{0} "
        "using 1:2 with lines linewidth 2 linecolor rgb '{1}' title {2}",
        c, paints[c], gnuplot_text(fmt::format("{} ({})", one.label, one.log_mass.size())));
  }
  plot.frame(62, 16, 50, 50);
  plot.command("set logscale y");
  plot.range("x", log_min, log_high);
  plot.range("y", 0.5, 1.6 * most);
  plot.x_label("'log_{10} stellar mass M [M_{☉}]'");
  plot.y_label("'N(> M)'");
  plot.key_above(2);
  plot.command(bands + lines);
  figure.body = plot.svg(figure.title);
  figure.shows =
      "Staircases: the clusters. Dashed: median of the fitted curves; shaded: 68% of them. Nothing is "
      "corrected here.";
  figure.well = "each staircase stays within the band of its colour.";
  return figure;
}

// One line for each catalogue: published, bootstrap, corrected.
html::Figure interval_figure(const CmfPage& page, const char* id, const char* title, std::string_view label,
                             const std::function<const CmfParameter&(const CmfCatalogue&)>& parameter) {
  html::Figure figure{id, title, "", "", "", "third"};
  DataRows published, modes, bootstrap, corrected;
  std::vector<double> ends;
  std::string tics;
  const auto count = static_cast<double>(page.catalogues.size());
  for (std::size_t c = 0; c < page.catalogues.size(); ++c) {
    const CmfParameter& p = parameter(page.catalogues[c]);
    const double y = count - static_cast<double>(c);
    published.push_back({p.published[1], y + 0.2, p.published[0], p.published[2]});
    modes.push_back({p.mode, y + 0.2});
    bootstrap.push_back({p.bootstrap[1], y, p.bootstrap[0], p.bootstrap[2]});
    corrected.push_back({p.corrected[1], y - 0.2, p.corrected[0], p.corrected[2]});
    for (const auto* interval : {&p.published, &p.bootstrap, &p.corrected})
      ends.insert(ends.end(), interval->begin(), interval->end());
    tics += fmt::format("{}{} {}", tics.empty() ? "" : ", ", gnuplot_text(page.catalogues[c].label), y);
  }
  Plot plot(id, third_px, 120 + 62 * static_cast<int>(page.catalogues.size()));
  plot.data("published", published, 4);
  plot.data("modes", modes, 2);
  plot.data("bootstrap", bootstrap, 4);
  plot.data("corrected", corrected, 4);
  plot.frame(84, 14, 50, 50);
  const Range x = range_of(finite(ends), 0, 0.1);
  plot.range("x", x.low, x.high);
  plot.range("y", 0.5, count + 0.5);
  plot.add("set xtics {:g}", tick_step(x.high - x.low, 4));
  plot.add("set ytics ({})", tics);
  plot.x_label(label);
  plot.key_above(2);
  const bool any = std::any_of(page.catalogues.begin(), page.catalogues.end(),
                               [&](const CmfCatalogue& c) { return !c.correction.empty(); });
  plot.add(
      "plot $published using 1:2:3:4 with xerrorbars pointtype 7 pointsize 0.9 linewidth 1.8 linecolor rgb "
      "'{}' title 'as published', $modes using 1:2 with points pointtype 2 pointsize 0.8 linewidth 1.6 "
      "linecolor rgb '{}' title 'mode', $bootstrap using 1:2:3:4 with xerrorbars pointtype 6 pointsize 0.9 "
      "linewidth 1.4 linecolor rgb '{}' title 'mode, masses and ages redrawn', $corrected using 1:2:3:4 with "
      "xerrorbars "
      "pointtype 5 pointsize 0.9 linewidth 1.8 linecolor rgb '{}' {}",
      colour::ink, colour::vermilion, colour::grey, colour::blue, any ? "title 'corrected'" : "notitle");
  figure.body = plot.svg(title);
  return figure;
}

// Histogram, normalised to its peak.
DataRows histogram(const std::vector<double>& draws, const Range& range) {
  constexpr int bins = 40;
  std::vector<double> counts(bins, 0);
  const double step = (range.high - range.low) / bins;
  for (const double v : draws)
    if (v >= range.low && v < range.high)
      ++counts[std::min<std::size_t>(bins - 1, static_cast<std::size_t>((v - range.low) / step))];
  const double peak = std::max(1.0, *std::max_element(counts.begin(), counts.end()));
  DataRows rows;
  for (int k = 0; k < bins; ++k)
    rows.push_back({range.low + (k + 0.5) * step, counts[static_cast<std::size_t>(k)] / peak});
  return rows;
}

// Contours of 68 and 95% go into data blocks $joint0, $joint1, ...
void tabulate_contours(Plot& plot, const CmfPage& page) {
  for (std::size_t c = 0; c < page.catalogues.size(); ++c) {
    const JointDensity joint =
        joint_density(page.catalogues[c].schechter_beta, page.catalogues[c].schechter_log_cutoff);
    if (joint.density.empty()) {
      plot.data(fmt::format("joint{}", c), {}, 2);
      continue;
    }
    constexpr int cells = JointDensity::cells;
    DataRows grid;
    const double peak = *std::max_element(joint.density.begin(), joint.density.end());
    for (int y = 0; y < cells; ++y) {
      grid.emplace_back();
      for (int x = 0; x < cells; ++x) grid.back().push_back(joint.at(x, y) / peak);
    }
    plot.data(fmt::format("grid{}", c), grid, cells);
    plot.command("set contour base\nunset surface");
    plot.add("set cntrparam levels discrete {:.7g}, {:.7g}", joint.level(0.95) / peak,
             joint.level(0.68) / peak);
    plot.add("set table $joint{0}\nsplot $grid{0} matrix using ({1:.7g}+$1*{2:.7g}):({3:.7g}+$2*{4:.7g}):3",
             c, joint.x_low, joint.x_step, joint.y_low, joint.y_step);
    plot.command("unset table\nunset contour\nset surface");
  }
}

std::string curves(const CmfPage& page, const char* block, const char* form, bool titles) {
  std::string list;
  for (std::size_t c = 0; c < page.catalogues.size(); ++c)
    append(list,
           fmt::format("${}{} using 1:2 with {} linewidth 1.8 linecolor rgb '{}' {}", block, c, form,
                       paints[c], titles ? "title " + gnuplot_text(page.catalogues[c].label) : "notitle"));
  return list;
}

std::string medians(const CmfPage& page) {
  std::string list;
  for (std::size_t c = 0; c < page.catalogues.size(); ++c)
    list += fmt::format(
        ", $median{0} using 1:2 with points pointtype 7 pointsize 0.8 linecolor rgb '{1}' notitle, $mode{0} "
        "using 1:2 with points pointtype 2 pointsize 0.9 linewidth 1.8 linecolor rgb '{1}' notitle",
        c, paints[c]);
  return list;
}

void corner_data(Plot& plot, const CmfPage& page, const Range& beta, const Range& cutoff) {
  for (std::size_t c = 0; c < page.catalogues.size(); ++c) {
    const CmfCatalogue& one = page.catalogues[c];
    plot.data(fmt::format("beta{}", c), histogram(one.schechter_beta, beta), 2);
    plot.data(fmt::format("cutoff{}", c), histogram(one.schechter_log_cutoff, cutoff), 2);
    plot.data(fmt::format("median{}", c), {{one.beta.published[1], one.log_cutoff.published[1]}}, 2);
    plot.data(fmt::format("mode{}", c), {{one.beta.mode, one.log_cutoff.mode}}, 2);
  }
}

html::Figure corner_figure(const CmfPage& page) {
  html::Figure figure{"corner", "Posterior of the Schechter function: slope and cut-off", "", "", "", "full"};
  std::vector<double> all_beta, all_cutoff;
  for (const CmfCatalogue& c : page.catalogues) {
    all_beta.insert(all_beta.end(), c.schechter_beta.begin(), c.schechter_beta.end());
    all_cutoff.insert(all_cutoff.end(), c.schechter_log_cutoff.begin(), c.schechter_log_cutoff.end());
  }
  if (all_beta.empty()) {
    figure.body = html::nothing("No chain was sampled.");
    return figure;
  }
  const Range beta = range_of(all_beta, 0.0005, 0.02), cutoff = range_of(all_cutoff, 0.0005, 0.02);
  constexpr int height = 560, left = 66, gap = 26, bottom = 50, top = 34, joint_width = 640,
                joint_height = 340;
  Plot plot(figure.id, full_px, height);
  corner_data(plot, page, beta, cutoff);
  tabulate_contours(plot, page);
  plot.command("set multiplot");
  // The joint posterior, below left.
  plot.frame(left, full_px - left - joint_width, bottom, height - bottom - joint_height);
  plot.range("x", beta.low, beta.high);
  plot.range("y", cutoff.low, cutoff.high);
  plot.x_label(beta_label);
  plot.y_label(cutoff_label);
  plot.command(curves(page, "joint", "lines", false) + medians(page));
  // Slope, above it.
  plot.frame(left, full_px - left - joint_width, bottom + joint_height + gap, top);
  plot.range("y", 0, 1.12);
  plot.command("set ytics 0.5\nset format x ''\nunset label 1");
  plot.y_label("'density / peak'");
  plot.key_above(1);
  plot.command(curves(page, "beta", "histeps", true));
  // Cut-off, to its right.
  plot.command("unset key\nset format x '%g'");
  plot.frame(left + joint_width + 80, 16, bottom, height - bottom - joint_height);
  plot.range("x", cutoff.low, cutoff.high);
  plot.x_label(cutoff_label);
  plot.y_label("'density / peak'");
  plot.command(curves(page, "cutoff", "histeps", false));
  plot.command("unset multiplot");
  figure.body = plot.svg(figure.title);
  figure.shows =
      "Lines: the smallest regions that hold 68 and 95% of the posterior as published; points: medians, "
      "crosses: modes. Above and right: each parameter alone.";
  figure.well =
      "closed lines. Lines that run into the upper edge, the prior's bound, say that the sample shows no "
      "cut-off: its median then speaks of the prior, and a mode far from the median says the same.";
  return figure;
}

}  // namespace

std::string cmf_page(const CmfPage& page) {
  std::string body = "<header>\n<h1>" + html::escape(page.title) + "</h1>\n" + cmf_lead_html(page) +
                     "</header>\n<main>\n" +
                     html::section("parameters", "Parameters",
                                   "A line for each catalogue and model; &beta;: M<sup>&beta;</sup>, and "
                                   "M<sup>&beta;</sup> exp(&minus;M / M<sub>c</sub>).",
                                   cmf_table_html(page));
  const auto power = [](const CmfCatalogue& c) -> const CmfParameter& { return c.power_law; };
  const auto beta = [](const CmfCatalogue& c) -> const CmfParameter& { return c.beta; };
  const auto cutoff = [](const CmfCatalogue& c) -> const CmfParameter& { return c.log_cutoff; };
  body += html::section(
      "figures", "Mass functions", "Do the catalogues tell the same mass function?",
      html::grid(
          {counts_figure(page, false), counts_figure(page, true),
           interval_figure(page, "slopes-power-law", "Slope of the power law", beta_label, power),
           interval_figure(page, "slopes-schechter", "Slope of the Schechter function", beta_label, beta),
           interval_figure(page, "cutoffs", "Its cut-off", cutoff_label, cutoff), corner_figure(page)}));
  return html::page(page.title, body + "</main>\n");
}

}  // namespace arcproof::reports

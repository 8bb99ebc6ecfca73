#include "reports/figures/mass_function.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/drawing/json_members.h"
#include "reports/drawing/mass_curves.h"
#include "reports/figures/science.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace arcproof::reports {
namespace {

constexpr TableName corrected_table{"mass_function.fits", "CORRECTED"},
    power_law_chain{"mass_function.fits", "CHAIN_power_law"},
    schechter_chain{"mass_function.fits", "CHAIN_schechter"};

// Which clusters the mass function took: report.json says it, or the recipe in run.json.
std::optional<double> max_age_myr(const RunFolder& run) {
  if (const double age = run.number("max_age_myr"); age > 0) return age;
  if (!run.has_file("run.json")) return std::nullopt;
  const io::Json file = io::read_json(run.path() / "run.json");
  const io::Json* recipe = member(file, "recipe");
  const io::Json* options = recipe ? member(*recipe, "mass_function") : nullptr;
  const double age = options ? number_in(*options, "max_age_myr") : nan;
  return age > 0 ? std::optional(age) : std::nullopt;
}

struct Cuts {
  double log_min_mass;                // [Msun]
  std::optional<double> max_age_myr;  // none: clusters of any age
  bool hold(double log_mass, double log_age_yr) const {
    return log_mass > log_min_mass && (!max_age_myr || log_age_yr - 6 < std::log10(*max_age_myr));
  }
};

Cuts cuts_of(const RunFolder& run) { return {std::log10(run.number("min_mass_msun")), max_age_myr(run)}; }

// log10 masses of the clusters that were fitted, heaviest first: selected, with an SED fit, one image each,
// heavy and young enough.
std::vector<double> fitted_masses(const io::Table& t, const Cuts& cuts) {
  const io::Flags selected = flag_column(t, "selected");
  const io::Texts status = text_column(t, "sed_status");
  const io::Integers counter = integer_column(t, "counter_image_of");
  const io::Reals mass = real_column(t, "log_mass_msun"), age = real_column(t, "log_age_yr");
  std::vector<double> masses;
  for (std::size_t i = 0; i < t.rows(); ++i)
    if (selected[i] && status[i] == "fitted" && counter[i] == io::missing_integer &&
        cuts.hold(mass[i], age[i]))
      masses.push_back(mass[i]);
  std::sort(masses.rbegin(), masses.rend());
  return masses;
}

// The same cuts for the true clumps of a simulated host, each once.
std::vector<double> true_masses(const io::Table& host, const Cuts& cuts) {
  const io::Reals mass = real_column(host, "true_log_mass_msun"), age = real_column(host, "true_log_age_yr");
  const io::Integers parent = integer_column(host, "parent_id");
  std::set<std::int64_t> seen;
  std::vector<double> masses;
  for (std::size_t i = 0; i < mass.size(); ++i)
    if (seen.insert(parent[i]).second && cuts.hold(mass[i], age[i])) masses.push_back(mass[i]);
  std::sort(masses.rbegin(), masses.rend());
  return masses;
}

// N(> M) as a staircase that falls from left to right.
DataRows staircase(const std::vector<double>& heaviest_first, double log_min) {
  DataRows rows;
  const std::size_t n = heaviest_first.size();
  rows.push_back({log_min, static_cast<double>(n)});
  for (std::size_t k = n; k-- > 0;) {
    rows.push_back({heaviest_first[k], static_cast<double>(k + 1)});
    rows.push_back({heaviest_first[k], static_cast<double>(k)});
  }
  return rows;
}

DataRows band_rows(const CurveBand& band) {
  DataRows rows;
  for (std::size_t k = 0; k < band.log_mass.size(); ++k)
    rows.push_back({band.log_mass[k], band.low[k], band.median[k], band.high[k]});
  return rows;
}

std::string draw_counts(const RunFolder& run, const std::vector<double>& masses,
                        const std::vector<double>& truth) {
  const double min_mass = run.number("min_mass_msun"), log_min = std::log10(min_mass),
               n = static_cast<double>(masses.size());
  const double heaviest = std::max(masses.front(), truth.empty() ? log_min : truth.front());
  const double log_high = std::max(heaviest, log_min) + 0.4;
  const CurveBand power =
      cumulative_band(real_column(run.table(power_law_chain), "beta"), {}, min_mass, n, log_high);
  const CurveBand schechter =
      cumulative_band(real_column(run.table(schechter_chain), "beta"),
                      real_column(run.table(schechter_chain), "log_cutoff_msun"), min_mass, n, log_high);
  Plot plot("mass-counts", half_px, 400);
  plot.data("counts", staircase(masses, log_min), 2);
  plot.data("truth", staircase(truth, log_min), 2);
  plot.data("power", band_rows(power), 4);
  plot.data("schechter", band_rows(schechter), 4);
  plot.frame(62, 16, 50, 50);
  plot.command("set logscale y");
  plot.range("x", log_min, log_high);
  plot.range("y", 0.3, 2.2 * std::max(n, static_cast<double>(truth.size())));
  plot.x_label("'log_{10} stellar mass M [M_{\u2609}]'");
  plot.y_label("'N(> M)'");
  plot.key_above(2);
  const auto curve = [](const char* name, std::string_view hue, const char* title) {
    return fmt::format(
        "${0} using 1:2:4 with filledcurves fillcolor rgb '{1}' notitle, ${0} using 1:3 with lines linewidth "
        "2 linecolor rgb '{2}' title '{3}', ",
        name, faded(hue, 0.78), hue, title);
  };
  std::string truth_line;
  if (!truth.empty())
    truth_line =
        fmt::format("$truth using 1:2 with lines linewidth 1.4 linecolor rgb '{}' title {}, ", colour::grey,
                    gnuplot_text(fmt::format("truth of the simulated host ({})", truth.size())));
  plot.add("plot {}{}{}$counts using 1:2 with lines linewidth 2 linecolor rgb '{}' title {}", truth_line,
           power.log_mass.empty() ? "" : curve("power", colour::blue, "power law, 68%"),
           schechter.log_mass.empty() ? "" : curve("schechter", colour::orange, "Schechter, 68%"),
           colour::ink, gnuplot_text(fmt::format("clusters ({})", masses.size())));
  return plot.svg("cumulative mass function");
}

html::Figure counts_figure(const RunFolder& run) {
  html::Figure figure{"mass-counts", "Clusters heavier than M", "", "", "", "half"};
  const Cuts cuts = cuts_of(run);
  const std::vector<double> masses = fitted_masses(run.table(catalogue_table), cuts),
                            truth = true_masses(run.table(host_truth_table), cuts);
  if (masses.empty()) {
    figure.body = html::nothing("No cluster passes the selection of the mass function.");
    return figure;
  }
  figure.body = draw_counts(run, masses, truth);
  figure.shows = fmt::format(
      "Clusters above {} M\u2609{}: counts, and the fitted mass functions (median and 68% band of the "
      "posterior curves).",
      html::significant(run.number("min_mass_msun"), 2),
      cuts.max_age_myr ? fmt::format(" and younger than {} Myr", html::significant(*cuts.max_age_myr, 3))
                       : "");
  if (!truth.empty())
    figure.shows += " Grey: the clumps that were put into the simulated host, with the same cuts.";
  if (const double fitted = run.metric("mass_function.n_clusters");
      std::isfinite(fitted) && fitted != static_cast<double>(masses.size()))
    figure.shows +=
        fmt::format(" <b>The fit used {} clusters, this figure {}: the cut on age is not known here.</b>",
                    html::count(fitted), masses.size());
  figure.well = "the black staircase stays inside the bands. The curves are not corrected for completeness.";
  return figure;
}

// ---------------------------------------------------------------- posteriors

constexpr int posterior_bins = 40;

// Histogram normalised to its peak over [low, high].
DataRows posterior(const std::vector<double>& draws, const Range& range) {
  std::vector<double> counts(posterior_bins, 0);
  const double step = (range.high - range.low) / posterior_bins;
  for (const double v : draws)
    if (v >= range.low && v < range.high)
      ++counts[std::min<std::size_t>(posterior_bins - 1, static_cast<std::size_t>((v - range.low) / step))];
  const double peak = std::max(1.0, *std::max_element(counts.begin(), counts.end()));
  DataRows rows;
  for (int k = 0; k < posterior_bins; ++k)
    rows.push_back({range.low + (k + 0.5) * step, counts[static_cast<std::size_t>(k)] / peak});
  return rows;
}

html::Figure beta_figure(const RunFolder& run) {
  html::Figure figure{"mass-beta", "Posterior of the slope \u03b2", "", "", "", "half"};
  const std::vector<double> power = finite(real_column(run.table(power_law_chain), "beta")),
                            schechter = finite(real_column(run.table(schechter_chain), "beta"));
  if (power.empty() && schechter.empty()) {
    figure.body = html::nothing("No chain was sampled.");
    return figure;
  }
  std::vector<double> both = power;
  both.insert(both.end(), schechter.begin(), schechter.end());
  const Range range = range_of(both, 0.001, 0.02);
  Plot plot("mass-beta", half_px, 350);
  plot.data("power", posterior(power, range), 2);
  plot.data("schechter", posterior(schechter, range), 2);
  plot.frame(62, 16, 50, 32);
  plot.range("x", range.low, range.high);
  plot.range("y", 0, 1.1);
  plot.command("set ytics 0.25");
  plot.x_label("'slope \u03b2'");
  plot.y_label("'density / peak'");
  plot.key_above(1);
  plot.add(
      "plot $power using 1:2 with fillsteps fillcolor rgb '{0}' notitle, $power using 1:2 with histeps "
      "linewidth 1.8 linecolor rgb '{1}' title 'power law', "
      "$schechter using 1:2 with histeps linewidth 1.8 linecolor rgb '{2}' title 'Schechter'",
      faded(colour::blue, 1), colour::blue, colour::orange);
  figure.body = plot.svg(figure.title);
  figure.shows = "Marginal posteriors under flat priors, all ensembles together.";
  figure.well =
      "single peaks well inside the prior's bounds. A distribution that leans on \u22121 or \u22123 is cut "
      "by the prior.";
  return figure;
}

html::Figure cutoff_figure(const RunFolder& run) {
  html::Figure figure{"mass-cutoff", "Posterior of the cut-off", "", "", "", "half"};
  const std::vector<double> draws = finite(real_column(run.table(schechter_chain), "log_cutoff_msun"));
  if (draws.empty()) {
    figure.body = html::nothing("No chain of the Schechter function was sampled.");
    return figure;
  }
  const Range range = range_of(draws, 0.001, 0.02);
  Plot plot("mass-cutoff", half_px, 350);
  plot.data("draws", posterior(draws, range), 2);
  plot.frame(62, 16, 50, 14);
  plot.range("x", range.low, range.high);
  plot.range("y", 0, 1.1);
  plot.command("set ytics 0.25");
  plot.x_label("'log_{10} cut-off mass M_c [M_{\u2609}]'");
  plot.y_label("'density / peak'");
  plot.add("plot $draws using 1:2 with histeps linewidth 1.8 linecolor rgb '{}'", colour::orange);
  figure.body = plot.svg(figure.title);
  figure.shows = "Marginal posterior of the Schechter function's cut-off mass.";
  figure.well =
      "a peak. A plateau up to the right edge, the prior's bound, says that the sample shows no cut-off: the "
      "median then speaks of the prior.";
  return figure;
}

html::Figure joint_figure(const RunFolder& run) {
  html::Figure figure{"mass-joint", "Slope and cut-off together", "", "", "", "half"};
  const io::Reals beta = real_column(run.table(schechter_chain), "beta"),
                  cutoff = real_column(run.table(schechter_chain), "log_cutoff_msun");
  if (finite(beta).empty() || finite(cutoff).empty()) {
    figure.body = html::nothing("No chain of the Schechter function was sampled.");
    return figure;
  }
  DataRows rows;
  for (const std::size_t i : thinned(beta.size(), 2000)) rows.push_back({cutoff[i], beta[i]});
  const Range x = range_of(cutoff, 0.001, 0.02), y = range_of(beta, 0.001, 0.02);
  Plot plot("mass-joint", half_px, 350);
  plot.data("draws", rows, 2);
  plot.data("median", {{statistics::median(finite(cutoff)), statistics::median(finite(beta))}}, 2);
  plot.frame(62, 16, 50, 32);
  plot.range("x", x.low, x.high);
  plot.range("y", y.low, y.high);
  plot.x_label("'log_{10} cut-off mass M_c [M_{\u2609}]'");
  plot.y_label("'slope \u03b2'");
  plot.key_above(1);
  plot.add(
      "plot $draws using 1:2 with points pointtype 7 pointsize 0.25 linecolor rgb '{}' title 'draws', "
      "$median using 1:2 with points pointtype 2 pointsize 1.1 linewidth 2.4 linecolor rgb '{}' title "
      "'medians'",
      faded(colour::blue, 0.7), colour::vermilion);
  figure.body = plot.svg(figure.title);
  figure.shows = fmt::format("{} of the Schechter function's posterior, evenly taken from the chain.",
                             counted(rows.size(), "draw"));
  figure.well =
      "one cloud. The usual banana says that a steep slope with a high cut-off fits as well as a shallow one "
      "with a low cut-off: quote both parameters together.";
  return figure;
}

// ---------------------------------------------------------------- corrected beside published

// Interval of the published fit with the same model and parameter; a dash if that fit has no such parameter.
std::string published_interval(const io::Table& t, const std::string& model, const std::string& parameter) {
  const io::Texts models = text_column(t, "model"), parameters = text_column(t, "parameter");
  const io::Reals median = real_column(t, "median"), low = real_column(t, "q16"),
                  high = real_column(t, "q84");
  for (std::size_t i = 0; i < t.rows(); ++i)
    if (models[i] == model && parameters[i] == parameter)
      return html::with_interval(median[i], low[i], high[i], 2);
  return std::string(html::dash);
}

html::Table corrected_rows(const RunFolder& run) {
  const io::Table& t = run.table(corrected_table);
  html::Table table{{"model", "parameter", "published (68%)", "corrected (68%)", "Monte-Carlo error", "N_eff",
                     "clusters", "status"},
                    {0, 1, 7},
                    {}};
  const io::Texts model = text_column(t, "model"), parameter = text_column(t, "parameter"),
                  status = text_column(t, "status");
  const io::Reals median = real_column(t, "median"), low = real_column(t, "q16"),
                  high = real_column(t, "q84"), error = real_column(t, "monte_carlo_error"),
                  n_eff = real_column(t, "n_eff");
  const io::Integers clusters = integer_column(t, "n_obs");
  for (std::size_t i = 0; i < t.rows(); ++i)
    table.rows.push_back({model[i] == "power_law" ? "power law" : "Schechter",
                          parameter[i] == "beta" ? "\u03b2" : "log<sub>10</sub> M<sub>c</sub>",
                          published_interval(run.table(mass_function_table), model[i], parameter[i]),
                          html::with_interval(median[i], low[i], high[i], 2), html::fixed(error[i], 2),
                          html::significant(n_eff[i], 3), html::count(static_cast<double>(clusters[i])),
                          html::badge(status[i], status[i] == "ok" ? "good" : "neutral")});
  return table;
}

html::Figure corrected_figure(const RunFolder& run) {
  html::Figure figure{"mass-corrected", "Corrected for what the catalogue missed", "", "", "", "full"};
  figure.body = html::table(corrected_rows(run));
  figure.shows =
      "The same models with mass errors and selection in the likelihood; the selection comes from this run's "
      "injections, counted by clump: found by any of its images, and within the cuts on measured mass and "
      "age.";
  for (const io::Json& note : list_in(run.report(), "not_corrected"))
    if (note.is_string()) figure.shows += fmt::format(" <b>{}.</b>", html::escape(note.as_string()));
  figure.well =
      "N_eff above four times the number of clusters, a Monte-Carlo error well below the interval. Where the "
      "two slopes differ by more than their intervals, the published one is that of the selection.";
  return figure;
}

}  // namespace

// A folder may hold the mass_function.fits of an earlier run of the recipe; this run counted its clusters if it
// fitted any.
std::vector<html::Figure> mass_function_figures(const RunFolder& run) {
  if (!std::isfinite(run.metric("mass_function.n_clusters")))
    return {
        {"mass-none", "Mass function", html::nothing("This recipe fits no mass function."), "", "", "full"}};
  std::vector<html::Figure> figures = {counts_figure(run), joint_figure(run), beta_figure(run),
                                       cutoff_figure(run)};
  if (run.table(corrected_table).rows() > 0) figures.push_back(corrected_figure(run));
  return figures;
}

}  // namespace arcproof::reports

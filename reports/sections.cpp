#include "reports/sections.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/html.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

const io::Json* member(const io::Json& object, std::string_view key) {
  return object.is_object() ? object.find(key) : nullptr;
}

double number_in(const io::Json& object, std::string_view key) {
  const io::Json* value = member(object, key);
  return value && value->is_number() ? value->as_double() : NAN;
}

std::string text_in(const io::Json& object, std::string_view key) {
  const io::Json* value = member(object, key);
  return value && value->is_string() ? value->as_string() : "";
}

bool true_in(const io::Json& object, std::string_view key) {
  const io::Json* value = member(object, key);
  return value && value->is_bool() && value->as_bool();
}

const io::Json::Array& list_in(const io::Json& object, std::string_view key) {
  static const io::Json::Array none;
  const io::Json* value = member(object, key);
  return value && value->is_array() ? value->as_array() : none;
}

// ---------------------------------------------------------------- verdict

std::string verdict(const RunFolder& run) {
  const auto& criteria = list_in(run.report, "criteria");
  const auto met =
      std::count_if(criteria.begin(), criteria.end(), [](const io::Json& c) { return true_in(c, "passed"); });
  const bool passed = true_in(run.report, "passed");
  if (passed && criteria.empty())
    return "<span class=\"verdict neutral\">NOT JUDGED</span> <span class=\"sub\">The recipe sets no "
           "criteria: the "
           "run ended, and nothing was judged.</span>";
  return fmt::format("<span class=\"verdict {}\">{}</span> <span class=\"sub\">{} of {} criteria met.</span>",
                     passed ? "good" : "bad", passed ? "PASS" : "FAIL", met, criteria.size());
}

std::string allowed(const io::Json& criterion) {
  const double low = number_in(criterion, "min"), high = number_in(criterion, "max");
  if (std::isfinite(low) && std::isfinite(high))
    return html::significant(low, 4) + " to " + html::significant(high, 4);
  if (std::isfinite(low)) return "at least " + html::significant(low, 4);
  if (std::isfinite(high)) return "at most " + html::significant(high, 4);
  return "any number";
}

std::string fact(const RunFolder& run, const char* metric, const char* words) {
  return fmt::format("<div><b>{}</b><span>{}</span></div>", html::count(run.metric(metric)), words);
}

std::string facts(const RunFolder& run) {
  return "<div class=\"facts\">" + fact(run, "counts.clumps", "clumps injected") +
         fact(run, "counts.rows", "images of them") + fact(run, "counts.injected", "images counted") +
         fact(run, "counts.recovered", "recovered") + fact(run, "science.rows", "science rows") +
         fact(run, "science.selected", "of them selected") +
         fact(run, "mass_function.n_clusters", "clusters in the mass function") + "</div>\n";
}

// Recovered clumps whose flux in the reference band is off by more than a factor of three, and all of them.
std::pair<int, int> grossly_wrong(const RunFolder& run) {
  const std::string band = run.reference_band();
  const io::Reals truth = real_column(run.injections, "true_flux_" + band),
                  measured = real_column(run.injections, "measured_flux_" + band);
  const io::Flags recovered = flag_column(run.injections, "recovered");
  int wrong = 0, all = 0;
  for (std::size_t i = 0; i < recovered.size(); ++i) {
    if (!recovered[i]) continue;
    const double ratio = measured[i] / truth[i];
    wrong += !(ratio > 1.0 / 3 && ratio < 3);
    ++all;
  }
  return {wrong, all};
}

// What a reader must not miss, whatever the verdict: errors that are too small, a depth that is not reached.
std::string warnings(const RunFolder& run) {
  constexpr double wide = 1.3, far_mag = 0.75;
  std::string out;
  const std::string band = run.reference_band(), flux = "relative_flux_" + band, name = band_label(band);
  const double sigma = run.metric("bias." + flux + ".pull_sigma"), held = run.metric("coverage." + flux);
  if (sigma > wide)
    out += fmt::format(
        "<p><b>Flux errors in {} are {} times too small:</b> the 68% intervals hold {} of the true "
        "fluxes.</p>\n",
        html::escape(name), html::significant(sigma, 2), html::percent(held, 0));
  const double half = run.metric("completeness.mag_50"), depth = run.metric("depth." + band);
  if (depth - half > far_mag)
    out += fmt::format(
        "<p><b>Half of the clumps are lost at {} mag,</b> {} mag brighter than the depth of empty sky ({} "
        "mag): "
        "what hides them is diffuse light, crowding or their size.</p>\n",
        html::fixed(half, 2), html::fixed(depth - half, 1), html::fixed(depth, 2));
  if (const auto [wrong, all] = grossly_wrong(run); wrong * 100 > all)
    out += fmt::format(
        "<p><b>{} of {} recovered clumps have a flux wrong by more than a factor of three:</b> blends, "
        "chance matches "
        "and fits that ended on a bound count as recovered.</p>\n",
        wrong, all);
  return out;
}

std::string notes(const RunFolder& run) {
  std::string out = warnings(run);
  for (const io::Json& note : list_in(run.report, "notes"))
    if (note.is_string()) out += "<p>" + html::escape(note.as_string()) + "</p>\n";
  return out.empty() ? "" : "<div class=\"notes\">\n" + out + "</div>\n";
}

// ---------------------------------------------------------------- convergence

struct Diagnostic {
  const char* key;
  const char* head;
  int digits;           // decimals when positive, significant digits when negative
  double below, above;  // limits, or infinite
};

constexpr double none = HUGE_VAL;
// Limits as in the convergence criteria (Vehtari et al. 2021, section 4; 50 autocorrelation times).
constexpr std::array<Diagnostic, 10> diagnostics = {
    {{"r_hat", "split R&#770;<br>&lt; 1.01", 4, 1.01, -none},
     {"r_hat_between_ensembles", "R&#770; between ensembles<br>&lt; 1.01", 4, 1.01, -none},
     {"ess_bulk", "bulk ESS<br>&gt; 400", 0, none, 400},
     {"ess_tail", "tail ESS<br>&gt; 400", 0, none, 400},
     {"autocorrelation_time", "\u03c4<br>[steps]", 1, none, -none},
     {"length_over_tau", "length / \u03c4<br>&gt; 50", 1, none, 50},
     {"mcse_median", "MCSE<br>median", -2, none, -none},
     {"mcse_q16", "MCSE<br>16%", -2, none, -none},
     {"mcse_q84", "MCSE<br>84%", -2, none, -none},
     {"acceptance", "accept-<br>ance", 2, none, -none}}};

bool meets(const Diagnostic& d, double value) {
  return (d.below == none || value < d.below) && (d.above == -none || value > d.above);
}

std::string shown(const Diagnostic& d, double value) {
  const std::string text = d.digits < 0 ? html::significant(value, -d.digits) : html::fixed(value, d.digits);
  return meets(d, value) ? text : "<span class=\"bad-text\">" + text + "</span>";
}

std::string model_label(const std::string& model) {
  return model == "power_law" ? "power law" : model == "schechter" ? "Schechter" : model;
}

std::string parameter_label(const std::string& name) {
  return name == "beta"              ? "slope \u03b2"
         : name == "log_cutoff_msun" ? "log\u2081\u2080 M<sub>c</sub> [M\u2609]"
                                     : html::escape(name);
}

// "split R-hat 1.0147 (should be below 1.01)".
std::string failures(const io::Json& summary) {
  std::string list;
  const auto add = [&](const std::string& text) { list += (list.empty() ? "" : "; ") + text; };
  for (const Diagnostic& d : diagnostics) {
    const double value = number_in(summary, d.key);
    if (meets(d, value)) continue;
    std::string name = d.head;
    name = name.substr(0, name.find("<br>"));
    add(fmt::format("{} is {}, not {} {}", name, html::fixed(value, d.digits),
                    d.below != none ? "below" : "above",
                    html::significant(d.below != none ? d.below : d.above, 3)));
  }
  return list;
}

}  // namespace

std::string header_html(const RunFolder& run) {
  const std::string title = run.text("title").empty() ? run.text("recipe") : run.text("title");
  return fmt::format(
      "<h1>{}</h1>\n<p class=\"sub\">arcproof \u00b7 recipe {} \u00b7 seed {} \u00b7 reference band "
      "{}</p>\n<p>{}</p>\n{}{}",
      html::escape(title), html::escape(run.text("recipe")),
      html::fixed(run.number("seed"), 0) == html::dash ? std::string(html::dash)
                                                       : fmt::format("{:.0f}", run.number("seed")),
      html::escape(band_label(run.reference_band())), verdict(run), facts(run), notes(run));
}

std::string criteria_html(const RunFolder& run) {
  const auto& criteria = list_in(run.report, "criteria");
  if (criteria.empty()) return "<div class=\"card\">The recipe sets no criteria.</div>\n";
  html::Table table{{"", "metric", "value", "allowed", "why"}, {0, 1, 4}, {}};
  for (const io::Json& c : criteria)
    table.rows.push_back({true_in(c, "passed") ? html::badge("passed", "good") : html::badge("failed", "bad"),
                          html::escape(text_in(c, "metric")), html::significant(number_in(c, "value"), 4),
                          allowed(c), html::escape(text_in(c, "why"))});
  return "<div class=\"card\">" + html::table(table) + "</div>\n";
}

std::string catalogue_html(const RunFolder& run) {
  constexpr std::size_t most_rows = 15;
  const io::Table& t = run.catalogue;
  const std::string band = run.reference_band();
  if (t.rows() == 0) return "<div class=\"card\">The science catalogue is empty.</div>\n";
  html::Table table{
      {"id", "field", "m<sub>" + html::escape(band_label(band)) + "</sub>", "debiased", "R [pc]", "debiased",
       "log M [M\u2609]", "debiased", "log age [yr]", "\u03bc", "p<sub>detect</sub>", ""},
      {1, 11},
      {}};
  const io::Integers id = integer_column(t, "detection_id");
  const io::Texts field = text_column(t, "field");
  const io::Flags limit = flag_column(t, "radius_is_upper_limit"),
                  extrapolated = flag_column(t, "extrapolated");
  const auto column = [&](const std::string& name) { return real_column(t, name); };
  const io::Reals mag = column("mag_" + band), mag_err = column("mag_err_inflated"),
                  mag_debiased = column("mag_debiased"), radius = column("radius_pc"),
                  radius_debiased = column("radius_debiased_pc"), mass = column("log_mass_msun"),
                  mass_debiased = column("log_mass_debiased"), age = column("log_age_yr"), mu = column("mu"),
                  p = column("p_detect"), p_low = column("p_detect_low"), p_high = column("p_detect_high");
  for (std::size_t i = 0; i < std::min(t.rows(), most_rows); ++i)
    table.rows.push_back(
        {id[i] == io::missing_integer ? std::string(html::dash) : std::to_string(id[i]),
         html::escape(field[i]), html::fixed(mag[i], 2), html::with_error(mag_debiased[i], mag_err[i], 2),
         (limit[i] && std::isfinite(radius[i]) ? "&lt;&nbsp;" : "") + html::significant(radius[i], 3),
         html::significant(radius_debiased[i], 3), html::fixed(mass[i], 2), html::fixed(mass_debiased[i], 2),
         html::fixed(age[i], 2), html::significant(mu[i], 3),
         html::with_interval(p[i], p_low[i], p_high[i], 2),
         extrapolated[i] ? html::badge("extrapolated", "bad") : ""});
  const std::string rest = fmt::format(
      "<p class=\"aside\">{} of {} rows; all rows and columns are in science_catalog.fits and "
      "science_catalog.ecsv. Errors of the debiased magnitude "
      "are the larger of the catalogue's and of the injections' scatter.</p>",
      table.rows.size(), t.rows());
  return "<div class=\"card\">" + html::table(table) + rest + "</div>\n";
}

namespace {

// A posterior that piles up at the end of its prior is no measurement.
std::string edge_warning(const RunFolder& run) {
  std::string out;
  for (const io::Json& edge : list_in(run.report, "at_prior_edge"))
    out += fmt::format("<p><b>Not constrained: {}.</b> The posterior piles up at the edge of its prior.</p>",
                       html::escape(edge.is_string() ? edge.as_string() : ""));
  return out;
}

}  // namespace

std::string mass_function_html(const RunFolder& run) {
  const io::Table& t = run.mass_function;
  if (!std::isfinite(run.metric("mass_function.n_clusters"))) return "";
  if (t.rows() == 0)
    return fmt::format(
        "<div class=\"card\">{} clusters pass the selection: too few to fit a mass function.</div>\n",
        html::count(run.metric("mass_function.n_clusters")));
  html::Table table{
      {"model", "parameter", "clusters", "median (68%)", "mode", "bootstrap median (68%)"}, {0, 1}, {}};
  const io::Texts model = text_column(t, "model"), parameter = text_column(t, "parameter");
  const io::Integers n = integer_column(t, "n_clusters");
  const auto column = [&](const char* name) { return real_column(t, name); };
  const io::Reals median = column("median"), low = column("q16"), high = column("q84"), mode = column("mode"),
                  boot = column("bootstrap_median"), boot_low = column("bootstrap_q16"),
                  boot_high = column("bootstrap_q84");
  for (std::size_t i = 0; i < t.rows(); ++i)
    table.rows.push_back({html::escape(model_label(model[i])), parameter_label(parameter[i]),
                          n[i] == io::missing_integer ? std::string(html::dash) : std::to_string(n[i]),
                          html::with_interval(median[i], low[i], high[i], 2), html::fixed(mode[i], 2),
                          html::with_interval(boot[i], boot_low[i], boot_high[i], 2)});
  return "<div class=\"card\">" + html::table(table) +
         "<p class=\"aside\">Bootstraps redraw masses and ages within their errors and apply the selection "
         "again: they say what the measurement errors add to the "
         "posterior. None of these numbers is corrected for completeness, and the sample is what was "
         "measured: it "
         "may hold blends and clumps whose mass came out too high, so that it need not have as many members "
         "as "
         "the truth.</p>" +
         edge_warning(run) + "</div>\n";
}

std::string convergence_html(const RunFolder& run) {
  html::Table table{{"model", "parameter"}, {0, 1}, {}};
  for (const Diagnostic& d : diagnostics) table.head.emplace_back(d.head);
  table.head.emplace_back("converged");
  std::string sentences;
  for (const auto& [model, parameters] : run.convergence.as_object()) {
    if (!parameters.is_object()) continue;
    for (const auto& [name, summary] : parameters.as_object()) {
      const bool converged = true_in(summary, "converged");
      table.rows.push_back({html::escape(model_label(model)), parameter_label(name)});
      for (const Diagnostic& d : diagnostics)
        table.rows.back().push_back(shown(d, number_in(summary, d.key)));
      table.rows.back().push_back(converged ? html::badge("yes", "good") : html::badge("no", "bad"));
      if (!converged)
        sentences += fmt::format("<p><b>Not converged: {}, {}.</b> {}.</p>\n",
                                 html::escape(model_label(model)), parameter_label(name), failures(summary));
    }
  }
  if (table.rows.empty()) return "<div class=\"card\">No sampler was run.</div>\n";
  const std::string advice = sentences.empty()
                                 ? "<p>All parameters have converged by every criterion.</p>\n"
                                 : sentences +
                                       "<p>Give the sampler more steps (mass_function.steps) before these "
                                       "numbers are quoted. The MCSE columns say how far the "
                                       "medians and interval ends may still move.</p>\n";
  return "<div class=\"card\">" + html::table(table) + advice + "</div>\n";
}

std::string bands_html(const RunFolder& run) {
  html::Table table{{"band", "depth [AB mag]", "clumps", "flux bias", "scatter", "median pull",
                     "sigma of pulls", "68% intervals hold"},
                    {0},
                    {}};
  for (const std::string& band : run.bands()) {
    const std::string key = "bias.relative_flux_" + band + ".";
    const double bias = 100 * run.metric(key + "bias"), error = 100 * run.metric(key + "bias_err");
    const std::string percent = std::isfinite(bias) ? "&nbsp;%" : "";
    table.rows.push_back(
        {html::escape(band_label(band)) +
             (band == run.reference_band() ? " <span class=\"aside\">(reference)</span>" : ""),
         html::fixed(run.metric("depth." + band), 2), html::count(run.metric(key + "n")),
         html::with_error(bias, error, 1) + percent, html::percent(run.metric(key + "scatter")),
         html::fixed(run.metric(key + "pull_median"), 2), html::fixed(run.metric(key + "pull_sigma"), 2),
         html::percent(run.metric("coverage.relative_flux_" + band), 0)});
  }
  if (table.rows.empty()) return "<div class=\"card\">No bands.</div>\n";
  return "<div class=\"card\">" + html::table(table) + "</div>\n";
}

std::string footer_html(const RunFolder& run) {
  std::string links;
  for (const std::string& file : run.files)
    links += fmt::format("{}<a href=\"{}\">{}</a>", links.empty() ? "" : " \u00b7 ", html::escape(file),
                         html::escape(file));
  return fmt::format(
      "<p>Recipe {}, seed {}. Every number and figure of this page comes from the files beside it: {}.</p>\n"
      "<p>manifest.json names the version, the compiler, the machine and the SHA-256 of every input and "
      "output: the same recipe, seed and version give the same tables, bit for bit.</p>\n",
      html::escape(run.text("recipe")),
      std::isfinite(run.number("seed")) ? fmt::format("{:.0f}", run.number("seed")) : std::string(html::dash),
      links);
}

}  // namespace arcproof::reports

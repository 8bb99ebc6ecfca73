#include "reports/page_header.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/html.h"
#include "reports/drawing/json_members.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

// A check without a number in this run neither warns nor is good.
bool warns(const io::Json& check) { return !true_in(check, "met") && !true_in(check, "not_made"); }

std::string verdict(const RunFolder& run) {
  const auto& criteria = list_in(run.report(), "criteria");
  const auto& checks = list_in(run.report(), "checks");
  const auto met =
      std::count_if(criteria.begin(), criteria.end(), [](const io::Json& c) { return true_in(c, "passed"); });
  const auto unmade =
      std::count_if(checks.begin(), checks.end(), [](const io::Json& c) { return true_in(c, "not_made"); });
  const auto warnings = std::count_if(checks.begin(), checks.end(), warns);
  const bool passed = true_in(run.report(), "passed");
  const std::string warned =
      warnings == 0 ? ""
                    : fmt::format(" {} of {} built-in checks warn{}: <a href=\"#criteria\">see below</a>.",
                                  warnings, std::ssize(checks) - unmade,
                                  unmade == 0 ? "" : fmt::format(", {} could not be made", unmade));
  if (passed && criteria.empty())
    return "<span class=\"verdict neutral\">NOT JUDGED</span> <span class=\"sub\">The recipe sets no "
           "criteria: the run ended, and nothing was judged." +
           warned + "</span>";
  return fmt::format(
      "<span class=\"verdict {}\">{}</span> <span class=\"sub\">{} of {} criteria met.{}</span>",
      !passed    ? "bad"
      : warnings ? "warned"
                 : "good",
      !passed    ? "FAIL"
      : warnings ? "PASS WITH WARNINGS"
                 : "PASS",
      met, criteria.size(), warned);
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

// Injections that were matched to an object of a wrong flux, and all that were matched to one of any.
std::pair<int, int> matched_to_wrong_flux(const RunFolder& run) {
  int wrong = 0, all = 0;
  for (const std::string& outcome : text_column(run.table(injections_table), "outcome")) {
    wrong += outcome == "wrong_flux";
    all += outcome == "wrong_flux" || outcome == "recovered";
  }
  return {wrong, all};
}

// What a reader must not miss, whatever the verdict: errors that are too small, a depth that is not reached.
std::string warnings(const RunFolder& run) {
  constexpr double wide = 1.3, far_mag = 0.75;
  std::string out;
  const std::string band = run.reference_band(), flux = "relative_flux_" + band, name = band_label(band);
  const double factor = run.metric("errors.factor_68"), held = run.metric("coverage." + flux);
  if (factor > wide)
    out += fmt::format(
        "<p><b>Flux errors in {} are {} times too small:</b> the 68% intervals hold {} of the true fluxes; "
        "errors larger by that factor would hold 68%.</p>\n",
        html::escape(name), html::significant(factor, 2), html::percent(held, 0));
  const double half = half_found_mag(run), depth = run.metric("depth." + band);
  const double plateau = run.metric("completeness.plateau");
  if (plateau <= 0.5)
    out += fmt::format(
        "<p><b>Half of the clumps or more are lost at every magnitude:</b> of the bright ones {} are found "
        "where the host's clumps are.</p>\n",
        html::percent(plateau, 0));
  if (depth - half > far_mag)
    out += fmt::format(
        "<p><b>Half of the clumps are lost at {} mag,</b> {} mag brighter than the depth of empty sky ({} "
        "mag): what hides them is diffuse light, crowding or their size.</p>\n",
        html::fixed(half, 2), html::fixed(depth - half, 1), html::fixed(depth, 2));
  if (const auto [wrong, all] = matched_to_wrong_flux(run); wrong * 100 > all)
    out += fmt::format(
        "<p><b>{} of {} injections with a selected object at their place have the wrong flux</b> (off by "
        "more "
        "than validation.max_flux_error_mag): blends, chance matches and failed fits. They do not count as "
        "recovered; the catalogue has rows like them.</p>\n",
        wrong, all);
  return out;
}

// Every built-in check that warns: what it asks for, and what came out.
std::string warning_checks(const RunFolder& run) {
  std::string items;
  for (const io::Json& check : list_in(run.report(), "checks"))
    if (warns(check))
      items += fmt::format("<li>{}: {} is {}, allowed: {}</li>\n", html::escape(text_in(check, "why")),
                           html::escape(text_in(check, "metric")),
                           html::significant(number_in(check, "value"), 3), allowed_in(check));
  if (items.empty()) return "";
  return "<p><b>Built-in checks that warn,</b> because this does not hold:</p>\n<ul>\n" + items + "</ul>\n";
}

std::string notes(const RunFolder& run) {
  std::string out = warnings(run) + warning_checks(run);
  for (const io::Json& note : list_in(run.report(), "notes"))
    if (note.is_string()) out += "<p>" + html::escape(note.as_string()) + "</p>\n";
  return out.empty() ? "" : "<div class=\"notes\">\n" + out + "</div>\n";
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

}  // namespace arcproof::reports

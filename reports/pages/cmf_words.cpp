#include "reports/pages/cmf_words.h"

#include "reports/drawing/figure_tools.h"
#include "reports/drawing/html.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::reports {

double SlopeDifference::sigma() const { return value == 0 ? 0 : value / error; }

SlopeDifference largest_difference(std::span<const CmfCatalogue> catalogues) {
  const auto half_width = [](const CmfParameter& p) { return 0.5 * (p.published[2] - p.published[0]); };
  SlopeDifference largest;
  for (std::size_t i = 0; i < catalogues.size(); ++i)
    for (std::size_t j = i + 1; j < catalogues.size(); ++j) {
      const CmfParameter &a = catalogues[i].power_law, &b = catalogues[j].power_law;
      const SlopeDifference one{i, j, std::abs(a.published[1] - b.published[1]),
                                std::hypot(half_width(a), half_width(b))};
      if (!std::isfinite(largest.value) || one.sigma() > largest.sigma()) largest = one;
    }
  return largest;
}

namespace {

// ---- the table

std::string interval_cell(const std::array<double, 3>& interval) {
  return std::isfinite(interval[1]) ? html::with_interval(interval[1], interval[0], interval[2], 2)
                                    : std::string(html::dash);
}

std::string published_cell(const CmfParameter& p) {
  return interval_cell(p.published) + "<br>" + (p.at_prior_edge ? html::badge("end of prior", "bad") : "") +
         " <span class=\"aside\">mode " + html::fixed(p.mode, 2) + "</span>";
}

// Of all parameters of a model.
struct ChainState {
  bool converged = true;
  double r_hat = nan, ess = nan;
};
ChainState state_of(std::initializer_list<const CmfParameter*> parameters) {
  ChainState state;
  for (const CmfParameter* p : parameters) {
    state.converged = state.converged && p->converged;
    state.r_hat = std::fmax(state.r_hat, p->r_hat);
    state.ess = std::fmin(state.ess, p->ess);
  }
  return state;
}
ChainState power_law_state(const CmfCatalogue& c) { return state_of({&c.power_law}); }
ChainState schechter_state(const CmfCatalogue& c) { return state_of({&c.beta, &c.log_cutoff}); }

std::string chain_cell(const ChainState& state) {
  return (state.converged ? html::badge("converged", "good") : html::badge("not converged", "bad")) +
         fmt::format("<br><span class=\"aside\">R-hat {}, ESS {}</span>", html::fixed(state.r_hat, 3),
                     html::count(state.ess));
}

// Why catalogues have no corrected numbers.
std::string corrections_in_words(const CmfPage& page) {
  std::string text;
  for (const CmfCatalogue& c : page.catalogues)
    if (c.correction.empty()) text += html::escape(c.label) + ": no injections, not corrected. ";
    else if (c.correction != "ok") text += html::escape(c.label + ": not corrected: " + c.correction) + ". ";
  return text;
}

// ---- warnings

std::string unconverged_html(const CmfPage& page) {
  std::vector<std::string> fits;
  ChainState worst;
  const auto add = [&](const std::string& name, const ChainState& state) {
    if (state.converged) return;
    fits.push_back(name);
    worst.r_hat = std::fmax(worst.r_hat, state.r_hat);
    worst.ess = std::fmin(worst.ess, state.ess);
  };
  for (const CmfCatalogue& c : page.catalogues) {
    add(html::escape(c.label) + " power law", power_law_state(c));
    add(html::escape(c.label) + " Schechter", schechter_state(c));
  }
  if (fits.empty()) return "";
  const std::size_t all = 2 * page.catalogues.size();
  return fmt::format(
      "<p><b>Chains not converged: {}</b> (R-hat up to {}, ESS down to {}; asked for are R-hat below 1.01, "
      "ESS above 400 and 50 autocorrelation times). Medians and intervals may still move: <code>--max-steps "
      "50000</code> runs chains on "
      "until they have converged.</p>\n",
      fits.size() == all ? fmt::format("all {} fits", all) : fmt::format("{}", fmt::join(fits, ", ")),
      html::fixed(worst.r_hat, 3), html::count(worst.ess));
}

std::string prior_edges_html(const CmfPage& page) {
  std::vector<std::string> names;
  for (const CmfCatalogue& c : page.catalogues) {
    const std::string label = html::escape(c.label);
    if (c.power_law.at_prior_edge) names.push_back(label + " β of the power law");
    if (c.beta.at_prior_edge) names.push_back(label + " β of the Schechter function");
    if (c.log_cutoff.at_prior_edge) names.push_back(label + " M<sub>c</sub>");
  }
  if (names.empty()) return "";
  return fmt::format(
      "<p><b>Not constrained: {}.</b> The posterior piles up at the end of its prior: the data give a limit, "
      "and median and interval depend on where the prior ends.</p>\n",
      fmt::join(names, ", "));
}

std::string warnings_html(const CmfPage& page) {
  const std::string warnings = unconverged_html(page) + prior_edges_html(page);
  return warnings.empty() ? "" : "<div class=\"notes\">\n" + warnings + "</div>\n";
}

// "M1 and M2 differ by 0.05 ± 0.14 (0.35 sigma) if independent."
std::string difference_html(const CmfPage& page) {
  const SlopeDifference d = largest_difference(page.catalogues);
  const std::size_t pairs = page.catalogues.size() * (page.catalogues.size() - 1) / 2;
  return fmt::format(
      "{} and {} differ{} by <b>{}</b>, {} &sigma;, if independent.</p>\n<p class=\"aside\">The error is "
      "that "
      "of a difference: both 68% half-widths in quadrature. Catalogues of the same clusters, by several lens "
      "models say, share most of their scatter: the error of their difference is smaller than this.</p>\n",
      html::escape(page.catalogues[d.first].label), html::escape(page.catalogues[d.second].label),
      pairs > 1 ? fmt::format(" most of the {} pairs:", pairs) : "", html::with_error(d.value, d.error, 2),
      html::significant(d.sigma(), 2));
}

std::string slopes_html(const CmfPage& page) {
  if (page.catalogues.size() == 1)
    return fmt::format("<p class=\"lead\">Slope of the power law: <b>{}</b>.</p>\n",
                       interval_cell(page.catalogues.front().power_law.published));
  Range slopes{HUGE_VAL, -HUGE_VAL};
  for (const CmfCatalogue& c : page.catalogues)
    slopes = {std::min(slopes.low, c.power_law.published[1]),
              std::max(slopes.high, c.power_law.published[1])};
  return fmt::format("<p class=\"lead\">Slopes of the power law: <b>{} to {}</b>. ",
                     html::fixed(slopes.low, 2), html::fixed(slopes.high, 2)) +
         difference_html(page);
}

}  // namespace

std::string cmf_lead_html(const CmfPage& page) {
  return fmt::format("<p class=\"sub\">Clusters {}.</p>\n", html::escape(page.cuts)) + slopes_html(page) +
         warnings_html(page);
}

std::string cmf_table_html(const CmfPage& page) {
  const bool any_corrected = std::any_of(page.catalogues.begin(), page.catalogues.end(),
                                         [](const CmfCatalogue& c) { return !c.correction.empty(); });
  html::Table table{{"catalogue", "model", "chains"}, {0, 1}, {}};
  for (const char* name : {"β", "log M<sub>c</sub>"})
    for (const char* what : {"median (68%)", "mode redrawn (68%)", "corrected (68%)"})
      if (any_corrected || !std::string_view(what).starts_with("corrected"))
        table.head.push_back(fmt::format("{}, {}", name, what));
  const auto add = [&](std::vector<std::string>& row, const CmfParameter* p) {
    row.push_back(p ? published_cell(*p) : std::string(html::dash));
    row.push_back(p ? interval_cell(p->bootstrap) : std::string(html::dash));
    if (any_corrected) row.push_back(p ? interval_cell(p->corrected) : std::string(html::dash));
  };
  for (const CmfCatalogue& c : page.catalogues) {
    const std::string clusters = counted(c.log_mass.size(), "cluster");
    auto& power_law = table.rows.emplace_back(
        std::vector<std::string>{html::escape(c.label) + "<br><span class=\"aside\">" + clusters + "</span>",
                                 "power&nbsp;law", chain_cell(power_law_state(c))});
    add(power_law, &c.power_law);
    add(power_law, nullptr);
    auto& schechter =
        table.rows.emplace_back(std::vector<std::string>{"", "Schechter", chain_cell(schechter_state(c))});
    add(schechter, &c.beta);
    add(schechter, &c.log_cutoff);
  }
  return "<div class=\"card scroll\">" + html::table(table) +
         "<p class=\"aside\">As published: flat priors, nothing corrected. Bootstrap: masses and ages "
         "redrawn within their errors, the selection applied again. Corrected: mass errors and selection in "
         "the likelihood, from the catalogue's own injections. " +
         corrections_in_words(page) + "</p></div>\n";
}

}  // namespace arcproof::reports

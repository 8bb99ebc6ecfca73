#include "reports/sections/convergence.h"

#include "reports/drawing/figure_tools.h"
#include "reports/drawing/html.h"
#include "reports/drawing/json_members.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

struct Diagnostic {
  const char* key;
  const char* head;
  int digits;           // decimals when positive, significant digits when negative
  double below, above;  // limits, or infinite
};

constexpr double none = HUGE_VAL;
// Limits as in the convergence criteria (Vehtari et al. 2021, section 4; 50 autocorrelation times).
constexpr std::array<Diagnostic, 11> diagnostics = {
    {{"r_hat", "split R&#770;<br>&lt; 1.01", 4, 1.01, -none},
     {"r_hat_between_ensembles", "R&#770; between ensembles<br>&lt; 1.01", 4, 1.01, -none},
     {"ess_bulk", "bulk ESS<br>&gt; 400", 0, none, 400},
     {"ess_tail", "tail ESS<br>&gt; 400", 0, none, 400},
     {"ess_per_chain", "ESS<br>a chain<br>&gt; 50", 0, none, 50},
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

std::string diagnostics_table(const RunFolder& run) {
  html::Table table{{"model", "parameter"}, {0, 1}, {}};
  for (const Diagnostic& d : diagnostics) table.head.emplace_back(d.head);
  table.head.emplace_back("converged");
  std::string sentences;
  for (const auto& [model, parameters] : run.convergence().as_object()) {
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
  if (table.rows.empty()) return html::card("No sampler was run.");
  const std::string advice = sentences.empty()
                                 ? "<p>All parameters have converged by every criterion.</p>\n"
                                 : sentences +
                                       "<p>Give the sampler more steps (mass_function.steps) before these "
                                       "numbers are quoted. The MCSE columns say how far the "
                                       "medians and interval ends may still move.</p>\n";
  return html::card(html::table(table) + advice);
}

}  // namespace

std::optional<Section> convergence_section(const RunFolder& run) {
  return Section{"convergence", "Convergence", "Convergence",
                 "Did the sampler run long enough for its numbers to be quoted?", diagnostics_table(run)};
}

}  // namespace arcproof::reports

#include "reports/sections/science/mass_function.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/html.h"
#include "reports/drawing/json_members.h"
#include "reports/figures/mass_function.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

// A posterior that piles up at the end of its prior is no measurement.
std::string edge_warning(const RunFolder& run) {
  std::string out;
  for (const io::Json& edge : list_in(run.report(), "at_prior_edge"))
    out += fmt::format("<p><b>Not constrained: {}.</b> The posterior piles up at the edge of its prior.</p>",
                       html::escape(edge.is_string() ? edge.as_string() : ""));
  return out;
}

std::string parameter_table(const RunFolder& run) {
  if (!std::isfinite(run.metric("mass_function.n_clusters"))) return "";
  const io::Table& t = run.table(mass_function_table);
  if (t.rows() == 0)
    return html::card(fmt::format("{} clusters pass the selection: too few to fit a mass function.",
                                  html::count(run.metric("mass_function.n_clusters"))));
  html::Table table{
      {"model", "parameter", "clusters", "median (68%)", "mode", "mode redrawn (68%)"}, {0, 1}, {}};
  const io::Texts model = text_column(t, "model"), parameter = text_column(t, "parameter");
  const io::Integers n = integer_column(t, "n_clusters");
  const auto column = [&](const char* name) { return real_column(t, name); };
  const io::Reals median = column("median"), low = column("q16"), high = column("q84"), mode = column("mode"),
                  boot = column("mode_redrawn_median"), boot_low = column("mode_redrawn_q16"),
                  boot_high = column("mode_redrawn_q84");
  for (std::size_t i = 0; i < t.rows(); ++i)
    table.rows.push_back({html::escape(model_label(model[i])), parameter_label(parameter[i]),
                          n[i] == io::missing_integer ? std::string(html::dash) : std::to_string(n[i]),
                          html::with_interval(median[i], low[i], high[i], 2), html::fixed(mode[i], 2),
                          html::with_interval(boot[i], boot_low[i], boot_high[i], 2)});
  return html::card(
      html::table(table) +
      "<p class=\"aside\">Bootstraps redraw masses and ages within their errors and apply the selection "
      "again: they say what the measurement errors add to the "
      "posterior. None of these numbers is corrected for completeness, and the sample is what was "
      "measured: it "
      "may hold blends and clumps whose mass came out too high, so that it need not have as many members "
      "as the truth.</p>" +
      edge_warning(run));
}

}  // namespace

std::optional<Section> mass_function_section(const RunFolder& run) {
  return Section{"mass-function", "Mass function", "Mass function",
                 "Masses of the clusters and the laws fitted to them.",
                 parameter_table(run) + html::grid(mass_function_figures(run))};
}

}  // namespace arcproof::reports

#include "reports/sections/criteria.h"

#include "reports/drawing/html.h"
#include "reports/drawing/json_members.h"

#include <cmath>

namespace arcproof::reports {
namespace {

std::string allowed(const io::Json& criterion) {
  const double low = number_in(criterion, "min"), high = number_in(criterion, "max");
  if (std::isfinite(low) && std::isfinite(high))
    return html::significant(low, 4) + " to " + html::significant(high, 4);
  if (std::isfinite(low)) return "at least " + html::significant(low, 4);
  if (std::isfinite(high)) return "at most " + html::significant(high, 4);
  return "any number";
}

std::string verdicts(const RunFolder& run) {
  const auto& criteria = list_in(run.report(), "criteria");
  if (criteria.empty()) return html::card("The recipe sets no criteria.");
  html::Table table{{"", "metric", "value", "allowed", "why"}, {0, 1, 4}, {}};
  for (const io::Json& c : criteria)
    table.rows.push_back({true_in(c, "passed") ? html::badge("passed", "good") : html::badge("failed", "bad"),
                          html::escape(text_in(c, "metric")), html::significant(number_in(c, "value"), 4),
                          allowed(c), html::escape(text_in(c, "why"))});
  return html::card(html::table(table));
}

}  // namespace

std::optional<Section> criteria_section(const RunFolder& run) {
  return Section{"criteria", "Criteria", "Criteria",
                 "What the recipe asked of this run before it began, and what came out.", verdicts(run)};
}

}  // namespace arcproof::reports

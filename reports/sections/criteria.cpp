#include "reports/sections/criteria.h"

#include "reports/drawing/html.h"
#include "reports/drawing/json_members.h"

namespace arcproof::reports {
namespace {

std::string verdicts(const RunFolder& run) {
  const auto& criteria = list_in(run.report(), "criteria");
  if (criteria.empty()) return html::card("The recipe sets no criteria.");
  html::Table table{{"", "metric", "value", "allowed", "why"}, {0, 1, 4}, {}};
  for (const io::Json& c : criteria)
    table.rows.push_back({true_in(c, "passed") ? html::badge("passed", "good") : html::badge("failed", "bad"),
                          html::escape(text_in(c, "metric")), html::significant(number_in(c, "value"), 4),
                          allowed_in(c), html::escape(text_in(c, "why"))});
  return html::card(html::table(table));
}

// As the badge says it: 0 warning, 1 good, 2 not made.
int rank_of(const io::Json& check) {
  if (true_in(check, "not_made")) return 2;
  return true_in(check, "met") ? 1 : 0;
}

// Those that are not met first, those that could not be made last.
std::string built_in_checks(const RunFolder& run) {
  std::vector<const io::Json*> checks;
  for (const int rank : {0, 1, 2})
    for (const io::Json& c : list_in(run.report(), "checks"))
      if (rank_of(c) == rank) checks.push_back(&c);
  if (checks.empty()) return "";
  html::Table table{{"", "metric", "value", "allowed", "what is checked"}, {0, 1, 4}, {}};
  const std::string badges[] = {html::badge("warning", "warned"), html::badge("good", "good"),
                                html::badge("not made", "neutral")};
  for (const io::Json* c : checks) {
    const double error = number_in(*c, "error");
    table.rows.push_back({badges[rank_of(*c)], html::escape(text_in(*c, "metric")),
                          html::significant(number_in(*c, "value"), 3) +
                              (error > 0 ? " &plusmn; " + html::significant(error, 2) : std::string()),
                          allowed_in(*c), html::escape(text_in(*c, "why"))});
  }
  return html::card(
      "Built-in checks", html::table(table),
      "Made in every run. A value with an error may lie three errors outside of what is allowed. A "
      "check that is not made has no number in this run: too few injections, or a product that the recipe "
      "does not ask for. A "
      "warning does not decide between pass and fail: the recipe's criteria do, and may name any "
      "metric.");
}

}  // namespace

std::optional<Section> criteria_section(const RunFolder& run) {
  return Section{"criteria", "Criteria", "Criteria",
                 "What the recipe asked of this run before it began, and what came out; then what arcproof "
                 "checks in every run.",
                 verdicts(run) + built_in_checks(run)};
}

}  // namespace arcproof::reports

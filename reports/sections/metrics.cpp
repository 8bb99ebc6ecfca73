#include "reports/sections/metrics.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/html.h"

#include <map>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

constexpr TableName metrics_table{"metrics.fits", "METRICS", Needed::with_file};

// "bias" of bias.mag_f150w.scatter.
std::string family_of(const std::string& name) { return name.substr(0, name.find('.')); }

std::string folded(const std::string& family, const html::Table& table) {
  return fmt::format("<details><summary>{} ({})</summary>{}</details>", html::escape(family),
                     table.rows.size(), html::table(table));
}

}  // namespace

std::optional<Section> metrics_section(const RunFolder& run) {
  const io::Table& t = run.table(metrics_table);
  if (t.rows() == 0) return std::nullopt;
  const io::Texts names = text_column(t, "name"), units = text_column(t, "unit"),
                  meanings = text_column(t, "meaning");
  const io::Reals values = real_column(t, "value");
  std::map<std::string, html::Table> families;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    html::Table& table = families
                             .try_emplace(family_of(names[i]),
                                          html::Table{{"name", "value", "unit", "meaning"}, {0, 2, 3}, {}})
                             .first->second;
    table.rows.push_back({"<code>" + html::escape(names[i]) + "</code>", html::significant(values[i], 4),
                          html::escape(units[i]), html::escape(meanings[i])});
  }
  std::string body;
  for (const auto& [family, table] : families) body += folded(family, table);
  return Section{"metrics", "All numbers", "All numbers",
                 "Every number that the criteria of a recipe may ask for, by family.", html::card(body)};
}

}  // namespace arcproof::reports

#include "reports/figures/run_folder.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/io/fits.h"
#include "reports/drawing/json_members.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {
namespace fs = std::filesystem;
namespace {

// HDU names read "2 (CHAIN_power_law)".
bool has_hdu(const fs::path& file, const std::string& name) {
  const auto names = io::fits_hdu_names(file);
  return std::any_of(names.begin(), names.end(), [&](const std::string& entry) {
    return lower_case(entry).ends_with("(" + lower_case(name) + ")");
  });
}

io::Table read_table(const fs::path& file, const std::string& hdu, Needed needed) {
  const bool may_lack_file = needed != Needed::always, may_lack_hdu = needed == Needed::never;
  if (may_lack_file && !fs::exists(file)) return io::Table(hdu);
  if (may_lack_hdu && !has_hdu(file, hdu)) return io::Table(hdu);
  return io::read_fits_table(file, hdu);
}

// A damaged file is refused before its HDUs are known: the message names the one that was wanted.
io::Table table_or_complaint(const fs::path& file, const std::string& hdu, Needed needed) {
  try {
    return read_table(file, hdu, needed);
  } catch (const InputError& error) {
    Complaint complaint = error.complaint();
    if (complaint.key.empty()) complaint.key = "HDU " + hdu;
    throw InputError(complaint);
  }
}

io::Json json_object(const fs::path& file) {
  io::Json json = io::read_json(file);
  if (!json.is_object())
    throw InputError({file.string(), "", std::string(json.type_name()), "an object, as arcproof writes it"});
  return json;
}

}  // namespace

RunFolder::RunFolder(fs::path folder)
    : folder_(std::move(folder)),
      report_(json_object(folder_ / "report.json")),
      convergence_(json_object(folder_ / "convergence.json")) {}

const io::Table& RunFolder::table(const TableName& name) const {
  const std::string key = fmt::format("{}[{}]", name.file, name.hdu);
  const auto known = tables_.find(key);
  if (known != tables_.end()) return known->second;
  return tables_.emplace(key, table_or_complaint(folder_ / name.file, std::string(name.hdu), name.needed))
      .first->second;
}

bool RunFolder::has_file(std::string_view name) const { return fs::exists(folder_ / name); }

double RunFolder::metric(const std::string& name) const {
  const io::Json* metrics = member(report_, "metrics");
  return metrics ? number_in(*metrics, name) : number_in(io::Json(), name);
}

double RunFolder::number(const std::string& key) const { return number_in(report_, key); }

std::string RunFolder::text(const std::string& key) const { return text_in(report_, key); }

std::vector<std::string> RunFolder::bands() const {
  std::vector<std::string> names;
  for (const io::Json& band : list_in(report_, "bands"))
    if (band.is_string()) names.push_back(band.as_string());
  return names;
}

double half_found_mag(const RunFolder& run) {
  const double plateau = run.metric("completeness.plateau");
  return plateau > 0.5 ? run.metric("completeness.mag_50") +
                             run.metric("completeness.width_mag") * std::log(2 * plateau - 1)
                       : nan;
}

}  // namespace arcproof::reports

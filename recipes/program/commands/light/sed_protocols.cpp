#include "recipes/program/commands/light/sed_protocols.h"

#include "reports/drawing/html.h"

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

// Names of rows, for people.
std::string text_of(const io::Column& id, std::size_t row) {
  if (const auto* texts = std::get_if<io::Texts>(&id.values)) return (*texts)[row];
  if (const auto* integers = std::get_if<io::Integers>(&id.values)) return std::to_string((*integers)[row]);
  if (const auto* reals = std::get_if<io::Reals>(&id.values)) return fmt::format("{:g}", (*reals)[row]);
  return std::to_string(row);
}

}  // namespace

std::map<double, std::vector<std::size_t>> by_redshift(const PhotometryCatalog& catalog) {
  std::map<double, std::vector<std::size_t>> rows;
  for (std::size_t i = 0; i < catalog.rows(); ++i)
    if (!catalog.faults()[i]) rows[catalog.z(i)].push_back(i);
  for (std::size_t i = 0; i < catalog.rows(); ++i)
    if (catalog.faults()[i]) rows.begin()->second.push_back(i);
  return rows;
}

std::string word(sed::SedStatus status) {
  switch (status) {
    case sed::SedStatus::fitted:
      return "fitted";
    case sed::SedStatus::too_few_bands:
      return "too_few_bands";
    case sed::SedStatus::no_allowed_model:
      return "no_allowed_model";
  }
  return "";
}

sed::SynthesisOptions with_light(const SedArguments& a, sed::SynthesisOptions protocol) {
  protocol.dust = a.light.dust;
  protocol.igm_law = a.light.igm_law;
  protocol.stars_over_gas_ebv = a.light.stars_over_gas_ebv;
  if (!a.covering_fraction.empty()) protocol.covering_fraction = a.covering_fraction.front();
  if (!a.log_u.empty()) protocol.log_u = a.log_u.front();
  return protocol;
}

FittedRow report_row(const PhotometryCatalog& catalog, const io::Column& id, std::size_t row,
                     sed::SedStatus status) {
  FittedRow out;
  out.id = text_of(id, row);
  out.z = catalog.z(row);
  out.photometry = catalog.photometry(row);
  out.fitted = status == sed::SedStatus::fitted;
  const std::optional<RowFault>& fault = catalog.faults()[row];
  out.status = fault ? fault->text : word(status);
  return out;
}

std::string interval_html(const char* name, double value, double low, double high, int decimals) {
  return fmt::format("{} = {}", name, reports::html::with_interval(value, low, high, decimals));
}

io::Table sed_table(const PhotometryCatalog& catalog, const std::vector<sed::SedStatus>& status) {
  io::Table table("SED");
  table.add(catalog.id());
  add_reals(table, "z", "", "redshift", status.size(), [&](std::size_t i) { return catalog.z(i); });
  add_texts(table, "status",
            "fitted, too_few_bands, no_allowed_model; bad_redshift, bad_flux, bad_error, bad_magnification: "
            "no fit tried",
            status.size(), [&](std::size_t i) {
              return catalog.faults()[i] ? catalog.faults()[i]->status : word(status[i]);
            });
  return table;
}

}  // namespace arcproof::commands

#include "recipes/program/commands/light/sed.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/parametric_filter.h"
#include "recipes/program/commands/light/sed_continuity.h"
#include "recipes/program/commands/light/sed_grid.h"
#include "recipes/program/commands/light/sed_posterior.h"
#include "recipes/program/commands/shared.h"
#include "reports/drawing/html.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::commands {
namespace {

void check_files(const SedArguments& a) {
  const std::pair<std::string, std::filesystem::path> outputs[] = {{"-o", a.output}, {"--report", a.report}};
  std::vector<std::string> inputs{a.catalog};
  for (const std::filesystem::path& file : a.library.files) inputs.push_back(file.string());
  check_outputs(outputs, inputs);
}

std::vector<sed::Filter> read_filters(const SedArguments& a, const std::vector<std::string>& bands) {
  std::map<std::string, std::string> files;
  for (const std::string& text : a.filters) {
    auto [band, file] = split_band(text, "--filter");
    files[upper_case(band)] = file;
  }
  for (const auto& [band, file] : files)
    if (std::find(bands.begin(), bands.end(), band) == bands.end())
      throw InputError({a.catalog, "--filter", fmt::format("{}={}", band, file),
                        fmt::format("bands of the catalog: {}", fmt::join(bands, ", "))});
  std::vector<sed::Filter> filters;
  for (const std::string& band : bands)
    filters.push_back(files.contains(band) ? sed::read_filter(files[band], band)
                                           : sed::parametric_filter(band));
  return filters;
}

const std::string& dust_name(const SedArguments& a) {
  return sed::dust_law_names().at(static_cast<std::size_t>(a.light.dust));
}
const std::string& igm_name(const SedArguments& a) {
  return sed::igm_law_names().at(static_cast<std::size_t>(a.light.igm_law));
}

SedReport report_of(const SedArguments& a, const SedInputs& in, SedProducts& products) {
  SedReport report;
  report.title = "arcproof sed: " + std::filesystem::path(a.catalog).filename().string();
  report.library = in.library;
  report.filters = in.filters;
  report.options = products.synthesis;
  report.history = products.tracks;
  for (const double z : {0.0004, 0.004, 0.02})
    if (z >= 0.999 * in.library->metallicity.front() && z <= 1.001 * in.library->metallicity.back())
      report.track_metallicity.push_back(z);
  report.limits_in_likelihood = products.limits_in_likelihood;
  report.colors = a.colors;
  report.spectra = static_cast<std::size_t>(a.spectra);
  report.rows = std::move(products.rows);
  const auto fitted =
      std::count_if(report.rows.begin(), report.rows.end(), [](const FittedRow& r) { return r.fitted; });
  report.lead_html = fmt::format(
      "<p class=\"lead\"><b>{} of {} {} fitted</b> by {} with the library {} ({}), dust {}, "
      "intergalactic medium {}.</p>\n",
      fitted, report.rows.size(), a.protocol == "continuity" ? "galaxies" : "clumps", a.protocol,
      reports::html::escape(in.library->name),
      reports::html::escape(in.library->imf.empty() ? "IMF not known" : in.library->imf), dust_name(a),
      igm_name(a));
  return report;
}

SedProducts fit(const SedInputs& in) {
  if (in.arguments.protocol == "claeyssens2023") return fit_claeyssens2023(in);
  if (in.arguments.protocol == "continuity") return fit_continuity(in);
  return fit_claeyssens2025(in);
}

// The first few rows at fault by name; all are in the table.
std::string summary(const io::Texts& status, const std::vector<std::optional<RowFault>>& faults) {
  std::string lines = fmt::format("{} of {} rows fitted\n",
                                  std::count(status.begin(), status.end(), "fitted"), status.size());
  constexpr int most = 5;
  int count = 0;
  for (const std::optional<RowFault>& fault : faults)
    if (fault && ++count <= most) lines += fmt::format("  {}: {}\n", fault->status, fault->text);
  if (count > most) lines += fmt::format("  and {} more\n", count - most);
  return lines;
}

// Covering fraction and ionisation parameter: a number or, in a grid, several.
void describe_gas(SedArguments& a, Keys& keys) {
  const bool grid = a.protocol == "claeyssens2023";
  const sed::SynthesisOptions of_grid;
  keys.numbers(
      "covering_fraction", a.covering_fraction, "",
      fmt::format("fraction of ionising photons reprocessed by the gas (absent: {:g}, claeyssens2023 "
                  "{:g}); 0,0.5,1: an axis of claeyssens2023",
                  a.clumps.synthesis.covering_fraction, of_grid.covering_fraction)
          .c_str(),
      sed::allowed_covering_fraction);
  keys.check(
      grid || a.covering_fraction.size() <= 1, "covering_fraction",
      [&] { return fmt::format("{:g}", fmt::join(a.covering_fraction, ",")); },
      "one value with " + a.protocol);
  keys.numbers(
      "log_u", a.log_u, "",
      fmt::format("claeyssens2023: log10 of the ionisation parameter of the gas (absent: {:g}); -3,-2: "
                  "an axis",
                  of_grid.log_u)
          .c_str(),
      sed::allowed_log_u);
  keys.check(
      grid || a.log_u.empty(), "log_u", [&] { return fmt::format("{:g}", fmt::join(a.log_u, ",")); },
      fmt::format("none with {}, where it is a free parameter between {:g} and {:g}", a.protocol,
                  a.clumps.priors.log_u_min, a.clumps.priors.log_u_max));
}

void check_protocol_options(const SedArguments& a, Keys& keys) {
  const auto only = [&](const char* key, std::initializer_list<const char*> protocols) {
    const bool known = std::find(protocols.begin(), protocols.end(), a.protocol) != protocols.end();
    keys.check(
        known || !keys.given(key), key, [&] { return "with " + a.protocol; },
        fmt::format("with {} alone", fmt::join(protocols, " or ")));
  };
  only("tau_myr", {"claeyssens2025"});
  only("age_prior", {"claeyssens2025"});
  only("draws", {"claeyssens2025", "continuity"});
  only("bin_ends_myr", {"continuity"});
  only("live_points", {"continuity"});
}

}  // namespace

void SedArguments::describe(Keys& keys) {
  keys.text("protocol", protocol, "posteriors or a grid for clumps, continuity for hosts",
            {"claeyssens2025", "claeyssens2023", "continuity"});
  keys.optional_number("z", z, "", "redshift of all rows, of a table without a column z",
                       Allowed::above(0, 30));
  library.describe(keys);
  light.describe(keys);
  describe_gas(*this, keys);
  clumps.describe(keys);
  hosts.describe(keys);
  sampler.describe(keys);
  posterior.describe(keys);
  keys.seed("seed", seed, "of the draws");
  check_protocol_options(*this, keys);
  keys.text("colors", colors, "BLUE,MIDDLE,RED: bands of the report's colours (absent: chosen)");
  keys.check(
      colors.empty() || !report.empty(), "colors", [this] { return "'" + colors + "'"; },
      "with --report alone, whose colours they are");
  keys.integer("spectra", spectra, "", "rows whose spectra the report shows", Allowed::between(0, 1000));
  keys.check(
      !keys.given("spectra") || !report.empty(), "spectra", [this] { return std::to_string(spectra); },
      "with --report alone, which shows them");
}

std::string run_sed(const SedArguments& a) {
  check_files(a);
  const PhotometryCatalog catalog(a);
  const auto library = std::make_shared<const sed::Library>(
      a.library.files.empty() ? sed::analytic_library() : sed::convert_library(a.library));
  if (const auto bands = static_cast<int>(catalog.bands().size()); a.posterior.min_bands > bands)
    throw InputError({"", "--min-bands", std::to_string(a.posterior.min_bands),
                      fmt::format("1 to {}, the bands of {}", bands, a.catalog)});
  const SedInputs in{a, catalog, library, read_filters(a, catalog.bands())};
  std::string lines = fmt::format("{} bands, library {}\n", catalog.bands().size(), library->name);
  for (const std::string& column : catalog.without_error())
    lines += fmt::format("  {}: left out, there is no {}_err\n", column, column);
  SedProducts products = fit(in);
  lines += summary(products.tables.front().texts("status"), catalog.faults());
  io::Table& table = products.tables.front();
  table.note("PROTOCOL", a.protocol);
  table.note("LIBRARY", library->name);
  table.note("IMF", library->imf);
  table.note("DUST", dust_name(a));
  table.note("IGM", igm_name(a));
  // Drawn before anything is written: --colors may be refused.
  const std::string page = a.report.empty() ? "" : sed_report_html(report_of(a, in, products));
  io::write_fits_tables(a.output, products.tables);
  lines += a.output.string() + "\n";
  if (a.report.empty()) return lines;
  io::write_text(a.report, page);
  return lines + a.report.string() + "\n";
}

}  // namespace arcproof::commands

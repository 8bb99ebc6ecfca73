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
#include <functional>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::commands {
namespace {

void check_gas(const SedArguments& a) {
  for (const double fraction : a.covering_fraction)
    if (!(fraction >= 0 && fraction <= 1))
      throw InputError({"", "--covering-fraction", fmt::format("{:g}", fraction), "0 to 1"});
  for (const double log_u : a.log_u)
    if (!(log_u >= -4 && log_u <= 0))
      throw InputError({"", "--log-u", fmt::format("{:g}", log_u), "-4 to 0"});
  if (a.protocol == "claeyssens2023") return;
  if (!a.log_u.empty())
    throw InputError(
        {"", "--log-u", fmt::format("{:g}", fmt::join(a.log_u, ",")),
         fmt::format("none with {}, where it is a free parameter between -3 and -1", a.protocol)});
  if (a.covering_fraction.size() > 1)
    throw InputError({"", "--covering-fraction", fmt::format("{:g}", fmt::join(a.covering_fraction, ",")),
                      "one value with " + a.protocol});
}

// Options that the protocol does not know are refused: they would change nothing.
void check_protocol_options(const SedArguments& a) {
  const auto only = [&](const char* option, bool given, std::initializer_list<const char*> protocols) {
    if (given && std::find(protocols.begin(), protocols.end(), a.protocol) == protocols.end())
      throw InputError(
          {"", option, "with " + a.protocol, fmt::format("with {} alone", fmt::join(protocols, " or "))});
  };
  only("--tau", a.tau_myr.has_value(), {"claeyssens2025"});
  only("--age-prior", a.age_prior.has_value(), {"claeyssens2025"});
  only("--draws", a.draws.has_value(), {"claeyssens2025", "continuity"});
  only("--bins", !a.bin_ends_myr.empty(), {"continuity"});
  only("--live-points", a.live_points.has_value(), {"continuity"});
}

void check_history(const SedArguments& a) {
  if (const std::string prior = a.age_prior.value_or("uniform"); prior != "uniform" && prior != "log_uniform")
    throw InputError({"", "--age-prior", "'" + prior + "'", "uniform or log_uniform"});
  if (!(a.tau_myr.value_or(1) > 0))
    throw InputError({"", "--tau", fmt::format("{:g}", *a.tau_myr), "Myr, above 0"});
  if (const int draws = a.draws.value_or(1000); draws < 1 || draws > 100000)
    throw InputError({"", "--draws", std::to_string(draws), "1 to 100000"});
  if (const int live = a.live_points.value_or(400); live < 100 || live > 100000)
    throw InputError({"", "--live-points", std::to_string(live), "100 to 100000"});
  constexpr double youngest_myr = 0.1;
  constexpr std::size_t most_bins = 40;
  const bool increasing = std::adjacent_find(a.bin_ends_myr.begin(), a.bin_ends_myr.end(),
                                             std::greater_equal<>()) == a.bin_ends_myr.end();
  const bool numbers = std::all_of(a.bin_ends_myr.begin(), a.bin_ends_myr.end(),
                                   [](double end) { return end >= youngest_myr && std::isfinite(end); });
  if (!increasing || !numbers || a.bin_ends_myr.size() > most_bins)
    throw InputError(
        {"", "--bins", fmt::format("{:g}", fmt::join(a.bin_ends_myr, ",")),
         fmt::format("up to {} ends of bins [Myr before the observation], {} or above, increasing", most_bins,
                     youngest_myr)});
}

void check(const SedArguments& a) {
  const auto known = [](const char* option, const std::string& name, const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw InputError({"", option, "'" + name + "'", fmt::format("{}", fmt::join(names, ", "))});
  };
  known("--protocol", a.protocol, {"claeyssens2025", "claeyssens2023", "continuity"});
  known("--attenuation", a.attenuation, sed::dust_law_names());
  known("--igm", a.igm, sed::igm_law_names());
  if (!(a.stars_over_gas_ebv > 0 && a.stars_over_gas_ebv <= 1))
    throw InputError(
        {"", "--stars-over-gas", fmt::format("{:g}", a.stars_over_gas_ebv), "above 0, at most 1"});
  check_gas(a);
  check_protocol_options(a);
  check_history(a);
  if (a.report.empty() && !a.colors.empty())
    throw InputError({"", "--colors", "'" + a.colors + "'", "with --report alone, whose colours they are"});
  if (a.report.empty() && a.spectra)
    throw InputError({"", "--spectra", std::to_string(*a.spectra), "with --report alone, which shows them"});
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
  report.spectra = static_cast<std::size_t>(std::max(0, a.spectra.value_or(24)));
  report.rows = std::move(products.rows);
  const auto fitted =
      std::count_if(report.rows.begin(), report.rows.end(), [](const FittedRow& r) { return r.fitted; });
  report.lead_html = fmt::format(
      "<p class=\"lead\"><b>{} of {} {} fitted</b> by {} with the library {} ({}), dust {}, "
      "intergalactic medium {}.</p>\n",
      fitted, report.rows.size(), a.protocol == "continuity" ? "galaxies" : "clumps", a.protocol,
      reports::html::escape(in.library->name),
      reports::html::escape(in.library->imf.empty() ? "IMF not known" : in.library->imf), a.attenuation,
      a.igm);
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

}  // namespace

std::string run_sed(const SedArguments& a) {
  check(a);
  const PhotometryCatalog catalog(a);
  const auto library = std::make_shared<const sed::Library>(
      a.library.files.empty() ? sed::analytic_library() : sed::convert_library(a.library));
  if (const auto bands = static_cast<int>(catalog.bands().size()); a.min_bands < 1 || a.min_bands > bands)
    throw InputError({"", "--min-bands", std::to_string(a.min_bands),
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
  table.note("DUST", a.attenuation);
  table.note("IGM", a.igm);
  // Drawn before anything is written: --colors may be refused.
  const std::string page = a.report.empty() ? "" : sed_report_html(report_of(a, in, products));
  io::write_fits_tables(a.output, products.tables);
  lines += a.output.string() + "\n";
  if (a.report.empty()) return lines;
  io::write_text(a.report, page);
  return lines + a.report.string() + "\n";
}

}  // namespace arcproof::commands

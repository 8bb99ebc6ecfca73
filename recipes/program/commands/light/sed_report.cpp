#include "recipes/program/commands/light/sed_report.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/sed/equivalent_width.h"
#include "reports/drawing/html.h"
#include "reports/pages/sed_page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::commands {
namespace {

const sky::Cosmology cosmology;

bool detected(const SedReport& r, const sed::BandFlux& band) {
  return band.flux_njy > r.min_snr * band.error_njy;
}

// ---------------------------------------------------------------- colours

std::vector<std::size_t> named_bands(const SedReport& r) {
  std::vector<std::string> all;
  for (const sed::Filter& filter : r.filters) all.push_back(filter.band);
  std::vector<std::size_t> bands;
  std::istringstream list(r.colors);
  for (std::string name; std::getline(list, name, ',');) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const std::string& band) {
      return lower_case(band) == lower_case(name);
    });
    if (at == all.end())
      throw InputError(
          {"", "--colors", "'" + name + "'", fmt::format("bands of the catalog: {}", fmt::join(all, ", "))});
    bands.push_back(static_cast<std::size_t>(at - all.begin()));
  }
  if (bands.size() != 3 || bands[0] == bands[1] || bands[1] == bands[2])
    throw InputError({"", "--colors", "'" + r.colors + "'", "BLUE,MIDDLE,RED: three bands"});
  return bands;
}

std::vector<const FittedRow*> rows_at(const SedReport& r, double z) {
  std::vector<const FittedRow*> rows;
  for (const FittedRow& row : r.rows)
    if (row.z == z) rows.push_back(&row);
  return rows;
}

std::vector<std::size_t> detected_bands(const SedReport& r, double z) {
  const std::vector<const FittedRow*> rows = rows_at(r, z);
  std::vector<std::size_t> bands;
  for (std::size_t b = 0; b < r.filters.size(); ++b) {
    const auto seen = std::count_if(rows.begin(), rows.end(),
                                    [&](const FittedRow* row) { return detected(r, row->photometry[b]); });
    if (2 * static_cast<std::size_t>(seen) >= rows.size()) bands.push_back(b);
  }
  return bands;
}

double colour(double blue, double red) { return -2.5 * std::log10(blue / red); }

std::vector<reports::ColourTrack> tracks_of(const SedReport& r, double z, const sed::BandSynthesis& light,
                                            const std::vector<std::size_t>& bands) {
  std::vector<reports::ColourTrack> tracks;
  const double oldest = std::log10(cosmology.age_myr(z));
  for (const double metallicity : r.track_metallicity) {
    reports::ColourTrack track{fmt::format("Z = {:g}", metallicity), {}};
    for (double log_age = 0; log_age <= oldest; log_age += 0.05) {
      const std::vector<double> f =
          light.fluxes_njy_per_msun({std::pow(10, log_age), metallicity, 0, r.history});
      track.steps.push_back(
          {colour(f[bands[0]], f[bands[1]]), colour(f[bands[1]], f[bands[2]]), log_age + 6});
    }
    tracks.push_back(std::move(track));
  }
  return tracks;
}

reports::ColourDiagram::Clump clump_of(const FittedRow& row, const std::vector<std::size_t>& bands) {
  std::array<double, 3> flux{}, error_mag{};
  for (std::size_t k = 0; k < 3; ++k) {
    const sed::BandFlux& band = row.photometry[bands[k]];
    flux[k] = band.flux_njy;
    error_mag[k] = 2.5 / std::log(10.0) * band.error_njy / band.flux_njy;
  }
  return {colour(flux[0], flux[1]), colour(flux[1], flux[2]), std::hypot(error_mag[0], error_mag[1]),
          std::hypot(error_mag[1], error_mag[2]), row.fitted ? row.log_age_yr : nan};
}

// Names of the rest-frame bands that three bands come nearest to are in the axes' labels.
std::string rest_frame(const sed::Filter& filter, double z) {
  return fmt::format("{:.2f} \u00b5m", filter.pivot_angstrom() * 1e-4 / (1 + z));
}

reports::ColourDiagram diagram_of(const SedReport& r, double z, const std::vector<std::size_t>& bands) {
  const sed::BandSynthesis light(r.library, r.filters, z, cosmology, r.options);
  reports::ColourDiagram d;
  const auto name = [&](std::size_t k) { return r.filters[bands[k]].band; };
  const auto rest = [&](std::size_t k) { return rest_frame(r.filters[bands[k]], z); };
  d.title = fmt::format("z = {:g}", z);
  d.x_label = fmt::format("{} \u2212 {} [mag], rest {} \u2212 {}", name(0), name(1), rest(0), rest(1));
  d.y_label = fmt::format("{} \u2212 {} [mag], rest {} \u2212 {}", name(1), name(2), rest(1), rest(2));
  d.tracks = tracks_of(r, z, light, bands);
  for (const FittedRow* row : rows_at(r, z))
    if (std::all_of(bands.begin(), bands.end(),
                    [&](std::size_t b) { return detected(r, row->photometry[b]); }))
      d.clumps.push_back(clump_of(*row, bands));
  d.dust_av_mag = 1;
  const auto shift = [&](std::size_t blue, std::size_t red) {
    const auto a = [&](std::size_t k) {
      return sed::dust_k(r.options.dust, r.filters[bands[k]].pivot_angstrom() / (1 + z));
    };
    return d.dust_av_mag / sed::dust_r_v(r.options.dust) * (a(blue) - a(red));
  };
  d.dust_x = shift(0, 1);
  d.dust_y = shift(1, 2);
  return d;
}

std::vector<reports::ColourDiagram> diagrams_of(const SedReport& r) {
  std::map<double, std::size_t> count;
  for (const FittedRow& row : r.rows)
    if (row.z > 0) ++count[row.z];
  std::vector<std::pair<double, std::size_t>> redshifts(count.begin(), count.end());
  std::stable_sort(redshifts.begin(), redshifts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  constexpr std::size_t most = 4;
  redshifts.resize(std::min(redshifts.size(), most));
  std::vector<reports::ColourDiagram> diagrams;
  for (const auto& [z, rows] : redshifts)
    if (const std::vector<std::size_t> bands = colour_bands(r, z); bands.size() == 3)
      diagrams.push_back(diagram_of(r, z, bands));
  return diagrams;
}

// ---------------------------------------------------------------- spectra

std::vector<double> spectrum_of(const SedReport& r, double z, const FitMember& member) {
  sed::SynthesisOptions options = r.options;
  options.log_u = member.log_u;
  options.covering_fraction = member.covering_fraction.value_or(options.covering_fraction);
  std::vector<double> sum(r.library->wavelength_angstrom.size());
  for (const sed::FormedMass& formed : member.populations) {
    const std::vector<double> flux =
        sed::observed_spectrum_njy_per_msun(*r.library, formed.population, z, cosmology, options);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += formed.mass_msun * flux[i];
  }
  return sum;
}

// The wavelengths of the library that lie under the bands.
std::pair<std::size_t, std::size_t> shown(const SedReport& r, double z) {
  double low = HUGE_VAL, high = 0;
  for (const sed::Filter& filter : r.filters) {
    low = std::min(low, 0.85 * filter.half_power_low_angstrom() / (1 + z));
    high = std::max(high, 1.15 * filter.half_power_high_angstrom() / (1 + z));
  }
  const std::vector<double>& x = r.library->wavelength_angstrom;
  const auto from = std::lower_bound(x.begin(), x.end(), low) - x.begin(),
             to = std::upper_bound(x.begin(), x.end(), high) - x.begin();
  return {static_cast<std::size_t>(from), static_cast<std::size_t>(to)};
}

std::vector<reports::SpectrumPlot::Sample> samples_of(const SedReport& r, const FittedRow& row) {
  constexpr std::size_t most_members = 60;
  const auto [from, to] = shown(r, row.z);
  const std::vector<double> best = spectrum_of(r, row.z, row.best);
  std::vector<std::vector<double>> members;
  const std::size_t count = std::min(row.members.size(), most_members);
  for (std::size_t k = 0; k < count; ++k)
    members.push_back(spectrum_of(r, row.z, row.members[k * row.members.size() / count]));
  std::vector<reports::SpectrumPlot::Sample> samples;
  std::vector<double> here(count);
  for (std::size_t i = from; i < to; ++i) {
    for (std::size_t k = 0; k < count; ++k) here[k] = members[k][i];
    samples.push_back({r.library->wavelength_angstrom[i] * (1 + row.z) * 1e-4, best[i],
                       statistics::quantile(here, 0.16), statistics::quantile(here, 0.84)});
  }
  return samples;
}

std::vector<double> band_fluxes_of(const SedReport& r, const FittedRow& row) {
  if (!row.fitted) return std::vector<double>(r.filters.size(), nan);
  sed::SynthesisOptions options = r.options;
  options.log_u = row.best.log_u;
  options.covering_fraction = row.best.covering_fraction.value_or(options.covering_fraction);
  const sed::BandSynthesis light(r.library, r.filters, row.z, cosmology, options);
  std::vector<double> sum(r.filters.size());
  for (const sed::FormedMass& formed : row.best.populations) {
    const std::vector<double> flux = light.fluxes_njy_per_msun(formed.population);
    for (std::size_t b = 0; b < sum.size(); ++b) sum[b] += formed.mass_msun * flux[b];
  }
  for (std::size_t b = 0; b < sum.size(); ++b)
    if (light.outside_library()[b]) sum[b] = nan;
  return sum;
}

reports::SpectrumPlot spectrum_plot(const SedReport& r, const FittedRow& row) {
  reports::SpectrumPlot plot;
  plot.title = fmt::format("{}, z = {:g}", row.id, row.z);
  plot.facts_html = row.fitted ? row.facts_html : reports::html::escape("Not fitted: " + row.status);
  plot.z = row.z;
  plot.history = row.history;
  if (row.fitted) plot.spectrum = samples_of(r, row);
  const std::vector<double> model = band_fluxes_of(r, row);
  for (std::size_t b = 0; b < r.filters.size(); ++b) {
    const sed::Filter& filter = r.filters[b];
    const sed::BandFlux& band = row.photometry[b];
    const bool seen = detected(r, band);
    plot.bands.push_back({filter.band, filter.pivot_angstrom() * 1e-4,
                          filter.half_power_low_angstrom() * 1e-4, filter.half_power_high_angstrom() * 1e-4,
                          band.flux_njy, band.error_njy, band.limit_njy, model[b], seen,
                          seen || !r.limits_in_likelihood});
  }
  return plot;
}

// ---------------------------------------------------------------- emission lines

reports::LineWidths widths_of(const SedReport& r, const sed::MeasuredLine& line, double metallicity,
                              const sed::StarFormation& history) {
  reports::LineWidths widths{
      std::string(line.name), fmt::format("Z = {:g}", metallicity), history != r.history, {}};
  for (const double age : sed::young_ages_myr())
    widths.steps.push_back({age, sed::line_light(*r.library, {age, metallicity, 0, history}, line, r.options)
                                     .equivalent_width_angstrom()});
  return widths;
}

std::vector<reports::LineWidths> all_widths(const SedReport& r) {
  std::vector<reports::LineWidths> widths;
  for (const sed::MeasuredLine& line : sed::measured_lines)
    for (const double metallicity : r.track_metallicity) {
      widths.push_back(widths_of(r, line, metallicity, r.history));
      if (const sed::StarFormation burst; burst != r.history)
        widths.push_back(widths_of(r, line, metallicity, burst));
    }
  return widths;
}

std::string words_of(const sed::StarFormation& history) {
  if (history.form == sed::HistoryForm::exponential)
    return fmt::format("a rate that falls as e<sup>\u2212t / {:g} Myr</sup>", history.tau_myr);
  if (history.form == sed::HistoryForm::delayed)
    return fmt::format("a rate t e<sup>\u2212t / {:g} Myr</sup>", history.tau_myr);
  if (history.duration_myr > 1e4) return "a constant rate";
  if (history.duration_myr > 0) return fmt::format("a constant rate for {:g} Myr", history.duration_myr);
  return "a single burst";
}

std::string line_lead(const SedReport& r) {
  return fmt::format(
      "How strong are lines of so young a population, and until when? Rest-frame equivalent widths of {}{}, "
      "covering fraction {:g}, log U = {:g}, without dust; the stars' own absorption is not subtracted. {}",
      words_of(r.history), r.history == sed::StarFormation{} ? "" : " (dashed: of a single burst)",
      r.options.covering_fraction, r.options.log_u, reports::line_width_note);
}

}  // namespace

std::vector<std::size_t> colour_bands(const SedReport& r, double z) {
  if (!r.colors.empty()) return named_bands(r);
  std::vector<std::size_t> candidates = detected_bands(r, z), bands;
  for (const double rest : {4400.0, 5500.0, 8000.0}) {
    if (candidates.empty()) return {};
    const auto off = [&](std::size_t b) {
      return std::abs(std::log(r.filters[b].pivot_angstrom() / (rest * (1 + z))));
    };
    const auto nearest = std::min_element(candidates.begin(), candidates.end(),
                                          [&](std::size_t a, std::size_t b) { return off(a) < off(b); });
    bands.push_back(*nearest);
    candidates.erase(nearest);
  }
  std::sort(bands.begin(), bands.end(), [&](std::size_t a, std::size_t b) {
    return r.filters[a].pivot_angstrom() < r.filters[b].pivot_angstrom();
  });
  return bands;
}

std::string sed_report_html(const SedReport& r) {
  reports::SedPage page{r.title, r.lead_html, diagrams_of(r), {}, "", {}};
  for (std::size_t i = 0; i < std::min(r.rows.size(), r.spectra); ++i)
    page.spectra.push_back(spectrum_plot(r, r.rows[i]));
  page.line_lead_html = line_lead(r);
  page.line_widths = all_widths(r);
  return reports::sed_page(page);
}

}  // namespace arcproof::commands

#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "engine/sed/gas_grid.h"
#include "engine/sed/posterior.h"
#include "recipes/commands/commands.h"
#include "recipes/commands/parts.h"
#include "recipes/commands/sed_catalog.h"
#include "recipes/commands/sed_report.h"
#include "reports/html.h"

#include <algorithm>
#include <cmath>
#include <map>

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
    throw InputError({"", "--log-u", fmt::format("{:g}", fmt::join(a.log_u, ",")),
                      "none with claeyssens2025, where it is a free parameter between -3 and -1"});
  if (a.covering_fraction.size() > 1)
    throw InputError({"", "--covering-fraction", fmt::format("{:g}", fmt::join(a.covering_fraction, ",")),
                      "one value with claeyssens2025"});
}

void check(const SedArguments& a) {
  if (a.protocol != "claeyssens2025" && a.protocol != "claeyssens2023")
    throw InputError({"", "--protocol", "'" + a.protocol + "'", "claeyssens2025 or claeyssens2023"});
  if (a.age_prior != "uniform" && a.age_prior != "log_uniform")
    throw InputError({"", "--age-prior", "'" + a.age_prior + "'", "uniform or log_uniform"});
  if (!(a.tau_myr > 0)) throw InputError({"", "--tau", fmt::format("{:g}", a.tau_myr), "Myr, above 0"});
  if (a.draws < 1 || a.draws > 100000)
    throw InputError({"", "--draws", std::to_string(a.draws), "1 to 100000"});
  const auto known = [](const char* option, const std::string& name, const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw InputError({"", option, "'" + name + "'", fmt::format("{}", fmt::join(names, ", "))});
  };
  known("--attenuation", a.attenuation, sed::dust_law_names());
  known("--igm", a.igm, sed::igm_law_names());
  if (!(a.stars_over_gas_ebv > 0 && a.stars_over_gas_ebv <= 1))
    throw InputError(
        {"", "--stars-over-gas", fmt::format("{:g}", a.stars_over_gas_ebv), "above 0, at most 1"});
  check_gas(a);
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
  std::vector<sed::Filter> filters;
  for (const std::string& band : bands)
    filters.push_back(files.contains(band) ? sed::read_filter(files[band], band)
                                           : sed::parametric_filter(band));
  return filters;
}

/// Rows that share a redshift, and so a grid; in order of redshift.
std::map<double, std::vector<std::size_t>> by_redshift(const PhotometryCatalog& catalog) {
  std::map<double, std::vector<std::size_t>> rows;
  for (std::size_t i = 0; i < catalog.rows(); ++i) rows[catalog.z(i)].push_back(i);
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

// Names of rows, for people.
std::string text_of(const io::Column& id, std::size_t row) {
  if (const auto* texts = std::get_if<io::Texts>(&id.values)) return (*texts)[row];
  if (const auto* integers = std::get_if<io::Integers>(&id.values)) return std::to_string((*integers)[row]);
  if (const auto* reals = std::get_if<io::Reals>(&id.values)) return fmt::format("{:g}", (*reals)[row]);
  return std::to_string(row);
}

sed::SynthesisOptions synthesis_of(const SedArguments& a, double covering_fraction) {
  sed::SynthesisOptions options;
  if (!a.covering_fraction.empty()) covering_fraction = a.covering_fraction.front();
  options.covering_fraction = covering_fraction;
  options.dust = sed::dust_law(a.attenuation);
  options.igm_law = sed::igm_law(a.igm);
  options.stars_over_gas_ebv = a.stars_over_gas_ebv;
  options.log_u = a.log_u.empty() ? sed::reference_log_u : a.log_u.front();
  return options;
}

/// What the page says of a row, whatever the protocol.
FittedRow report_row(const PhotometryCatalog& catalog, const io::Column& id, std::size_t row,
                     sed::SedStatus status) {
  FittedRow out;
  out.id = text_of(id, row);
  out.z = catalog.z(row);
  out.photometry = catalog.photometry(row);
  out.fitted = status == sed::SedStatus::fitted;
  out.status = word(status);
  return out;
}

std::string interval(const char* name, double value, double low, double high, int decimals) {
  return fmt::format("{} = {}", name, reports::html::with_interval(value, low, high, decimals));
}

// ---- claeyssens2025

sed::PosteriorModel posterior_model(const SedArguments& a) {
  sed::PosteriorModel model;
  model.history.tau_myr = a.tau_myr;
  model.synthesis = synthesis_of(a, 1);
  model.priors.age = a.age_prior == "uniform" ? sed::AgePrior::uniform : sed::AgePrior::log_uniform;
  return model;
}

std::vector<sed::SedPosterior> posteriors(const SedArguments& a, const PhotometryCatalog& catalog,
                                          const std::shared_ptr<const sed::Library>& library,
                                          const std::vector<sed::Filter>& filters) {
  const sed::PosteriorModel model = posterior_model(a);
  sed::PosteriorOptions options;
  options.draws = a.draws;
  options.points = std::max(options.points, 8 * a.draws);
  options.min_bands = a.min_bands;
  if (a.upper_limits) options.non_detections = sed::NonDetections::upper_limits;
  std::vector<sed::SedPosterior> fits(catalog.rows());
  for (const auto& [z, rows] : by_redshift(catalog)) {
    const sed::PosteriorGrid grid = sed::build_posterior_grid(library, filters, z, {}, model);
    parallel_for(rows.size(), a.threads, [&, &rows = rows](std::size_t k) {
      Random random({.seed = a.seed, .purpose = "posterior", .clump = static_cast<std::int64_t>(rows[k])});
      fits[rows[k]] = sed::fit_posterior(grid, catalog.photometry(rows[k]), options, random);
    });
  }
  return fits;
}

io::Table table_of(const std::vector<sed::SedPosterior>& fits, const PhotometryCatalog& catalog) {
  io::Table table("SED");
  const std::size_t n = fits.size();
  table.add(catalog.id());
  add_reals(table, "z", "", "redshift", n, [&](std::size_t i) { return catalog.z(i); });
  add_texts(table, "status", "fitted, too_few_bands or no_allowed_model", n,
            [&](std::size_t i) { return word(fits[i].status); });
  add_integers(table, "bands_detected", "bands with S/N > 2", n,
               [&](std::size_t i) { return std::int64_t{fits[i].bands_detected}; });
  add_integers(table, "bands_used", "bands in the likelihood", n,
               [&](std::size_t i) { return std::int64_t{fits[i].bands_used}; });
  add_reals(table, "chi2", "", "of the best fit", n, [&](std::size_t i) { return fits[i].chi2; });
  for (const sed::PosteriorQuantity& q : sed::posterior_quantities()) {
    const auto part = [&](const char* suffix, const char* what, double sed::PosteriorSummary::*value) {
      add_reals(table, std::string(q.name) + suffix, q.unit, fmt::format("{}; {}", q.description, what), n,
                [&](std::size_t i) { return fits[i].*q.summary.*value; });
    };
    part("", "median", &sed::PosteriorSummary::median);
    part("_lo", "16%", &sed::PosteriorSummary::low);
    part("_hi", "84%", &sed::PosteriorSummary::high);
    part("_best", "best fit", &sed::PosteriorSummary::best);
  }
  add_reals(table, "log_evidence", "", "natural logarithm; fluxes in nJy, priors normalised", n,
            [&](std::size_t i) { return fits[i].log_evidence; });
  add_reals(table, "log_evidence_err", "", "1 sigma of the method", n,
            [&](std::size_t i) { return fits[i].log_evidence_error; });
  add_reals(table, "effective_points", "", "independent points behind the draws", n,
            [&](std::size_t i) { return fits[i].effective_points; });
  return table;
}

io::Table draws_of(const std::vector<sed::SedPosterior>& fits) {
  io::Table table("POSTERIOR");
  io::Integers row;
  std::vector<const sed::PosteriorDraw*> all;
  for (std::size_t i = 0; i < fits.size(); ++i)
    for (const sed::PosteriorDraw& draw : fits[i].draws) {
      row.push_back(static_cast<std::int64_t>(i));
      all.push_back(&draw);
    }
  table.add("row", "", "row of the table SED, from 0", row);
  for (const sed::PosteriorQuantity& q : sed::posterior_quantities())
    add_reals(table, q.name, q.unit, q.description, all.size(),
              [&](std::size_t i) { return all[i]->*q.of_draw; });
  return table;
}

FitMember member_of(const sed::PosteriorDraw& draw, const sed::PosteriorModel& model) {
  return {{std::pow(10, draw.log_age_yr - 6), std::pow(10, draw.log_metallicity),
           draw.av_mag / sed::dust_r_v(model.synthesis.dust), model.history},
          std::pow(10, draw.log_mass_msun),
          draw.log_u};
}

std::vector<FittedRow> report_rows(const SedArguments& a, const std::vector<sed::SedPosterior>& fits,
                                   const PhotometryCatalog& catalog) {
  const sed::PosteriorModel model = posterior_model(a);
  const io::Column id = catalog.id();
  std::vector<FittedRow> rows;
  for (std::size_t i = 0; i < fits.size(); ++i) {
    FittedRow& row = rows.emplace_back(report_row(catalog, id, i, fits[i].status));
    if (!row.fitted) continue;
    row.best = member_of(fits[i].best, model);
    for (const sed::PosteriorDraw& draw : fits[i].draws) row.members.push_back(member_of(draw, model));
    row.log_age_yr = fits[i].log_age_yr.median;
    const auto part = [&](const char* name, const sed::PosteriorSummary& s, int decimals) {
      return interval(name, s.median, s.low, s.high, decimals);
    };
    row.facts_html =
        fmt::format("{} M<sub>\u2609</sub>, {} yr, {}, {}; &chi;&sup2; = {} of {} bands",
                    part("log M", fits[i].log_mass_msun, 2), part("log age", fits[i].log_age_yr, 2),
                    part("A<sub>V</sub>", fits[i].av_mag, 2), part("log Z", fits[i].log_metallicity, 1),
                    reports::html::fixed(fits[i].chi2, 1), fits[i].bands_used);
  }
  return rows;
}

// ---- claeyssens2023

/// With their gas and what each redraw chose.
struct GridFits {
  std::vector<sed::SedResult> results;
  std::vector<sed::Estimate> log_u, covering_fraction;
  std::vector<FitMember> best;
  std::vector<std::vector<FitMember>> members;
};

FitMember member_of(const sed::GasGrid& grid, std::size_t model, double mass_msun) {
  const sed::Gas& gas = grid.of(model);
  return {grid.grid.models[model], mass_msun, gas.log_u, gas.covering_fraction};
}

void fit_row(const sed::GasGrid& grid, const std::vector<sed::BandFlux>& photometry, int min_bands,
             Random& random, std::size_t row, GridFits& fits) {
  sed::GridFitOptions options;
  options.min_bands = min_bands;
  const sed::SedResult& fit = fits.results[row] = sed::fit_grid(grid.grid, photometry, options, random);
  fits.log_u[row] = sed::gas_estimate(fit, grid, &sed::Gas::log_u);
  fits.covering_fraction[row] = sed::gas_estimate(fit, grid, &sed::Gas::covering_fraction);
  if (fit.status != sed::SedStatus::fitted) return;
  fits.best[row] = member_of(grid, fit.best_model, std::pow(10, fit.log_mass_msun.best));
  for (const sed::RedrawnModel& drawn : fit.redrawn)
    fits.members[row].push_back(member_of(grid, drawn.model, drawn.mass_msun));
}

GridFits best_fits(const SedArguments& a, const PhotometryCatalog& catalog,
                   const std::shared_ptr<const sed::Library>& library,
                   const std::vector<sed::Filter>& filters) {
  const sed::SynthesisOptions synthesis = synthesis_of(a, 0.5);
  const auto axis = [](const std::vector<double>& given, double one) {
    return given.empty() ? std::vector{one} : given;
  };
  const std::size_t n = catalog.rows();
  GridFits fits;
  fits.results.resize(n);
  fits.log_u.resize(n);
  fits.covering_fraction.resize(n);
  fits.best.resize(n);
  fits.members.resize(n);
  for (const auto& [z, rows] : by_redshift(catalog)) {
    const sed::GasGrid grid =
        sed::build_gas_grid(library, filters, z, {}, synthesis, {}, axis(a.log_u, synthesis.log_u),
                            axis(a.covering_fraction, synthesis.covering_fraction));
    parallel_for(rows.size(), a.threads, [&, &rows = rows](std::size_t k) {
      Random random({.seed = a.seed, .purpose = "redraws", .clump = static_cast<std::int64_t>(rows[k])});
      fit_row(grid, catalog.photometry(rows[k]), a.min_bands, random, rows[k], fits);
    });
  }
  return fits;
}

io::Table table_of(const SedArguments& a, const GridFits& all, const PhotometryCatalog& catalog) {
  const std::vector<sed::SedResult>& fits = all.results;
  io::Table table("SED");
  const std::size_t n = fits.size();
  table.add(catalog.id());
  add_reals(table, "z", "", "redshift", n, [&](std::size_t i) { return catalog.z(i); });
  add_texts(table, "status", "fitted, too_few_bands or no_allowed_model", n,
            [&](std::size_t i) { return word(fits[i].status); });
  add_integers(table, "bands_used", "bands with S/N > 2", n,
               [&](std::size_t i) { return std::int64_t{fits[i].bands_used}; });
  add_reals(table, "chi2", "", "of the best model", n, [&](std::size_t i) { return fits[i].chi2; });
  const auto estimate = [&](const char* name, const char* unit, const char* what, const auto& of_row) {
    add_reals(table, name, unit, fmt::format("{}; best model", what), n,
              [&](std::size_t i) { return of_row(i).best; });
    add_reals(table, std::string(name) + "_lo", unit, fmt::format("{}; 16% of the redraws", what), n,
              [&](std::size_t i) { return of_row(i).low; });
    add_reals(table, std::string(name) + "_hi", unit, fmt::format("{}; 84% of the redraws", what), n,
              [&](std::size_t i) { return of_row(i).high; });
  };
  const auto part = [&](sed::Estimate sed::SedResult::*q) {
    return [&fits, q](std::size_t i) { return fits[i].*q; };
  };
  estimate("log_mass_msun", "log(solMass)", "mass formed", part(&sed::SedResult::log_mass_msun));
  estimate("log_age_yr", "log(yr)", "age, since star formation began", part(&sed::SedResult::log_age_yr));
  estimate("ebv_mag", "mag", "E(B-V) of the stars", part(&sed::SedResult::ebv_mag));
  estimate("log_metallicity", "", "log10 of the metallicity Z", part(&sed::SedResult::log_metallicity));
  if (a.log_u.size() > 1)
    estimate("log_u", "", "log10 of the ionisation parameter", [&](std::size_t i) { return all.log_u[i]; });
  if (a.covering_fraction.size() > 1)
    estimate("covering_fraction", "", "of ionising photons that light up gas",
             [&](std::size_t i) { return all.covering_fraction[i]; });
  return table;
}

std::vector<FittedRow> report_rows(const GridFits& fits, const PhotometryCatalog& catalog) {
  const io::Column id = catalog.id();
  std::vector<FittedRow> rows;
  for (std::size_t i = 0; i < fits.results.size(); ++i) {
    const sed::SedResult& fit = fits.results[i];
    FittedRow& row = rows.emplace_back(report_row(catalog, id, i, fit.status));
    if (!row.fitted) continue;
    row.best = fits.best[i];
    row.members = fits.members[i];
    row.log_age_yr = fit.log_age_yr.best;
    const auto part = [&](const char* name, const sed::Estimate& e, int decimals) {
      return interval(name, e.best, e.low, e.high, decimals);
    };
    row.facts_html = fmt::format("{} M<sub>\u2609</sub>, {} yr, {}, {}; &chi;&sup2; = {} of {} bands",
                                 part("log M", fit.log_mass_msun, 2), part("log age", fit.log_age_yr, 2),
                                 part("E(B\u2212V)", fit.ebv_mag, 2), part("log Z", fit.log_metallicity, 1),
                                 reports::html::fixed(fit.chi2, 1), fit.bands_used);
  }
  return rows;
}

SedReport report_of(const SedArguments& a, const std::shared_ptr<const sed::Library>& library,
                    const std::vector<sed::Filter>& filters, std::vector<FittedRow> rows) {
  const bool posterior = a.protocol == "claeyssens2025";
  SedReport report;
  report.title = "arcproof sed: " + std::filesystem::path(a.catalog).filename().string();
  report.library = library;
  report.filters = filters;
  report.options = synthesis_of(a, posterior ? 1 : 0.5);
  report.history = posterior ? posterior_model(a).history : sed::StarFormation{10};
  for (const double z : {0.0004, 0.004, 0.02})
    if (z >= 0.999 * library->metallicity.front() && z <= 1.001 * library->metallicity.back())
      report.track_metallicity.push_back(z);
  report.limits_in_likelihood = !posterior || a.upper_limits;
  report.colors = a.colors;
  report.spectra = static_cast<std::size_t>(std::max(0, a.spectra.value_or(24)));
  report.rows = std::move(rows);
  const auto fitted =
      std::count_if(report.rows.begin(), report.rows.end(), [](const FittedRow& r) { return r.fitted; });
  report.lead_html = fmt::format(
      "<p class=\"lead\"><b>{} of {} clumps fitted</b> by {} with the library {} ({}), dust {}, "
      "intergalactic medium {}.</p>\n",
      fitted, report.rows.size(), a.protocol, reports::html::escape(library->name),
      reports::html::escape(library->imf.empty() ? "IMF not known" : library->imf), a.attenuation, a.igm);
  return report;
}

template <class Fits>
std::string summary(const Fits& fits) {
  const auto good = std::count_if(fits.begin(), fits.end(),
                                  [](const auto& f) { return f.status == sed::SedStatus::fitted; });
  return fmt::format("{} of {} rows fitted\n", good, fits.size());
}

}  // namespace

std::string run_sed(const SedArguments& a) {
  check(a);
  const PhotometryCatalog catalog(a);
  const std::vector<sed::Filter> filters = read_filters(a, catalog.bands());
  const auto library = std::make_shared<const sed::Library>(
      a.library.files.empty() ? sed::analytic_library() : sed::convert_library(a.library));
  std::string lines = fmt::format("{} bands, library {}\n", catalog.bands().size(), library->name);
  std::vector<io::Table> tables;
  std::vector<FittedRow> rows;
  if (a.protocol == "claeyssens2025") {
    const std::vector<sed::SedPosterior> fits = posteriors(a, catalog, library, filters);
    tables = {table_of(fits, catalog), draws_of(fits)};
    rows = report_rows(a, fits, catalog);
    lines += summary(fits);
  } else {
    const GridFits fits = best_fits(a, catalog, library, filters);
    tables = {table_of(a, fits, catalog)};
    rows = report_rows(fits, catalog);
    lines += summary(fits.results);
  }
  tables.front().note("PROTOCOL", a.protocol);
  tables.front().note("LIBRARY", library->name);
  tables.front().note("IMF", library->imf);
  tables.front().note("DUST", a.attenuation);
  tables.front().note("IGM", a.igm);
  // Drawn before anything is written: --colors may be refused.
  const std::string page =
      a.report.empty() ? "" : sed_report_html(report_of(a, library, filters, std::move(rows)));
  io::write_fits_tables(a.output, tables);
  lines += a.output.string() + "\n";
  if (a.report.empty()) return lines;
  io::write_text(a.report, page);
  return lines + a.report.string() + "\n";
}

}  // namespace arcproof::commands

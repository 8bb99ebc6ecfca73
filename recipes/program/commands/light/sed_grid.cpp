#include "recipes/program/commands/light/sed_grid.h"

#include "engine/core/parallel.h"
#include "engine/sed/fits/grids/gas_grid.h"
#include "reports/drawing/html.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

/// With their gas and what each redraw chose.
struct GridFits {
  std::vector<sed::SedResult> results;
  std::vector<sed::Estimate> log_u, covering_fraction;
  std::vector<FitMember> best;
  std::vector<std::vector<FitMember>> members;
};

FitMember grid_member(const sed::GasGrid& grid, std::size_t model, double mass_msun) {
  const sed::Gas& gas = grid.of(model);
  return {{{grid.grid.models[model], mass_msun}}, gas.log_u, gas.covering_fraction};
}

void fit_row(const sed::GasGrid& grid, const std::vector<sed::BandFlux>& photometry, int min_bands,
             Random& random, std::size_t row, GridFits& fits) {
  sed::GridFitOptions options;
  options.min_bands = min_bands;
  const sed::SedResult& fit = fits.results[row] = sed::fit_grid(grid.grid, photometry, options, random);
  fits.log_u[row] = sed::gas_estimate(fit, grid, &sed::Gas::log_u);
  fits.covering_fraction[row] = sed::gas_estimate(fit, grid, &sed::Gas::covering_fraction);
  if (fit.status != sed::SedStatus::fitted) return;
  fits.best[row] = grid_member(grid, fit.best_model, std::pow(10, fit.log_mass_msun.best));
  for (const sed::RedrawnModel& drawn : fit.redrawn)
    fits.members[row].push_back(grid_member(grid, drawn.model, drawn.mass_msun));
}

GridFits best_fits(const SedInputs& in) {
  const SedArguments& a = in.arguments;
  const PhotometryCatalog& catalog = in.catalog;
  const sed::SynthesisOptions synthesis = with_light(a, {});
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
        sed::build_gas_grid(in.library, in.filters, z, {}, synthesis, {}, axis(a.log_u, synthesis.log_u),
                            axis(a.covering_fraction, synthesis.covering_fraction));
    parallel_for(rows.size(), a.threads, [&, &rows = rows](std::size_t k) {
      Random random({.seed = a.seed, .purpose = "redraws", .clump = static_cast<std::int64_t>(rows[k])});
      fit_row(grid, catalog.photometry(rows[k]), a.posterior.min_bands, random, rows[k], fits);
    });
  }
  return fits;
}

io::Table grid_table(const SedArguments& a, const GridFits& all, const PhotometryCatalog& catalog) {
  const std::vector<sed::SedResult>& fits = all.results;
  std::vector<sed::SedStatus> status;
  for (const sed::SedResult& fit : fits) status.push_back(fit.status);
  io::Table table = sed_table(catalog, status);
  const std::size_t n = fits.size();
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

std::vector<FittedRow> grid_rows(const GridFits& fits, const PhotometryCatalog& catalog) {
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
      return interval_html(name, e.best, e.low, e.high, decimals);
    };
    row.facts_html = fmt::format("{} M<sub>\u2609</sub>, {} yr, {}, {}; &chi;&sup2; = {} of {} bands",
                                 part("log M", fit.log_mass_msun, 2), part("log age", fit.log_age_yr, 2),
                                 part("E(B\u2212V)", fit.ebv_mag, 2), part("log Z", fit.log_metallicity, 1),
                                 reports::html::fixed(fit.chi2, 1), fit.bands_used);
  }
  return rows;
}

}  // namespace

SedProducts fit_claeyssens2023(const SedInputs& in) {
  const GridFits fits = best_fits(in);
  return {{grid_table(in.arguments, fits, in.catalog)},
          grid_rows(fits, in.catalog),
          with_light(in.arguments, {}),
          sed::StarFormation{10},
          true};
}

}  // namespace arcproof::commands

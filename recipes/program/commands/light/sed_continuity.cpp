#include "recipes/program/commands/light/sed_continuity.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/sed/fits/continuity.h"
#include "reports/drawing/html.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::commands {
namespace {

/// Fits with the edges of their bins [Myr] and, for the page, the populations of some draws.
struct HostFits {
  std::vector<sed::ContinuityPosterior> fits;
  std::vector<std::vector<double>> edge_myr;
  std::vector<FitMember> best;
  std::vector<std::vector<FitMember>> members;
};

sed::ContinuityModel continuity_model(const SedArguments& a) {
  sed::ContinuityModel model = a.hosts;
  model.synthesis = with_light(a, model.synthesis);
  return model;
}

void check_bins(const SedInputs& in, const sed::ContinuityModel& model, double z) {
  const double age = sky::Cosmology{}.age_myr(z);
  if (model.bin_ends_myr.front() >= age || sed::continuity_edges_myr(model.bin_ends_myr, age).size() < 3)
    throw InputError({in.arguments.catalog, "--bins",
                      fmt::format("{:g} Myr at z = {:g}", fmt::join(model.bin_ends_myr, ","), z),
                      fmt::format("two bins or more within the age of the Universe, {:.0f} Myr", age)});
}

FitMember host_member(const sed::ContinuityGrid& grid, const sed::ContinuityDraw& draw) {
  return {sed::populations_of(grid, draw), draw.log_u};
}

/// The members that the page shows: of each, all bins are put through the synthesis.
std::vector<FitMember> some_members(const sed::ContinuityGrid& grid, const sed::ContinuityPosterior& fit) {
  constexpr std::size_t most = 40;
  const std::size_t count = std::min(most, fit.draws.size());
  std::vector<FitMember> members;
  for (std::size_t k = 0; k < count; ++k)
    members.push_back(host_member(grid, fit.draws[k * fit.draws.size() / count]));
  return members;
}

HostFits fit_hosts(const SedInputs& in, const sed::ContinuityModel& model) {
  const SedArguments& a = in.arguments;
  sed::ContinuityOptions options;
  options.draws = a.posterior.draws;
  options.min_bands = a.posterior.min_bands;
  options.non_detections = a.posterior.non_detections;
  options.sampler = a.sampler;
  const std::size_t n = in.catalog.rows();
  HostFits all{std::vector<sed::ContinuityPosterior>(n), std::vector<std::vector<double>>(n),
               std::vector<FitMember>(n), std::vector<std::vector<FitMember>>(n)};
  for (const auto& [z, rows] : by_redshift(in.catalog)) check_bins(in, model, z);
  for (const auto& [z, rows] : by_redshift(in.catalog)) {
    const sed::ContinuityGrid grid = sed::build_continuity_grid(in.library, in.filters, z, {}, model);
    parallel_for(rows.size(), a.threads, [&, &rows = rows](std::size_t k) {
      const std::size_t row = rows[k];
      Random random({.seed = a.seed, .purpose = "continuity", .clump = static_cast<std::int64_t>(row)});
      const sed::ContinuityPosterior& fit = all.fits[row] =
          sed::fit_continuity(grid, in.catalog.photometry(row), options, random);
      if (!in.catalog.faults()[row]) all.edge_myr[row] = grid.edge_myr;
      if (fit.status != sed::SedStatus::fitted) return;
      all.best[row] = host_member(grid, fit.best);
      all.members[row] = some_members(grid, fit);
    });
  }
  return all;
}

io::Table host_table(const HostFits& all, const PhotometryCatalog& catalog) {
  const std::vector<sed::ContinuityPosterior>& fits = all.fits;
  const std::size_t n = fits.size();
  std::vector<sed::SedStatus> status;
  for (const sed::ContinuityPosterior& fit : fits) status.push_back(fit.status);
  io::Table table = sed_table(catalog, status);
  add_bands(table, fits);
  add_integers(table, "bins", "of the star formation history: table HISTORY", n, [&](std::size_t i) {
    return all.edge_myr[i].empty() ? 0 : static_cast<std::int64_t>(all.edge_myr[i].size()) - 1;
  });
  const std::vector<sed::ContinuityQuantity>& quantities = sed::continuity_quantities();
  for (std::size_t q = 0; q < quantities.size(); ++q)
    add_summary(table, quantities[q].name, quantities[q].unit, quantities[q].description, n,
                [&](std::size_t i) { return fits[i].summary[q]; });
  add_evidence(table, fits);
  io::Flags finished;
  for (const sed::ContinuityPosterior& fit : fits) finished.push_back(fit.finished);
  table.add("sampler_finished", "", "false: ended by the number of evaluations, or no fit",
            std::move(finished));
  return table;
}

io::Table history_table(const HostFits& all) {
  io::Table table("HISTORY");
  io::Integers row, bin;
  io::Reals young, old;
  std::vector<sed::PosteriorSummary> rate;
  for (std::size_t i = 0; i < all.fits.size(); ++i)
    for (std::size_t j = 0; j + 1 < all.edge_myr[i].size(); ++j) {
      row.push_back(static_cast<std::int64_t>(i));
      bin.push_back(static_cast<std::int64_t>(j));
      young.push_back(all.edge_myr[i][j]);
      old.push_back(all.edge_myr[i][j + 1]);
      rate.push_back(all.fits[i].rate_msun_per_yr[j]);
    }
  table.add("row", "", "row of the table SED, from 0", row);
  table.add("bin", "", "from 0, the youngest", bin);
  table.add("lookback_young_myr", "Myr", "before the observation: end of the bin", young);
  table.add("lookback_old_myr", "Myr", "before the observation: begin of the bin", old);
  add_summary(table, "rate_msun_per_yr", "solMass/yr", "star formation rate within the bin", rate.size(),
              [&](std::size_t i) { return rate[i]; });
  return table;
}

io::Table host_draws(const HostFits& all) {
  io::Table table("POSTERIOR");
  io::Integers row;
  std::vector<const sed::ContinuityDraw*> draws;
  std::size_t bins = 0;
  for (std::size_t i = 0; i < all.fits.size(); ++i)
    for (const sed::ContinuityDraw& draw : all.fits[i].draws) {
      row.push_back(static_cast<std::int64_t>(i));
      draws.push_back(&draw);
      bins = std::max(bins, draw.rate_msun_per_yr.size());
    }
  table.add("row", "", "row of the table SED, from 0", row);
  for (const sed::ContinuityQuantity& q : sed::continuity_quantities())
    add_reals(table, q.name, q.unit, q.description, draws.size(),
              [&](std::size_t i) { return draws[i]->*q.of_draw; });
  for (std::size_t j = 0; j < bins; ++j)
    add_reals(table, fmt::format("rate_{}_msun_per_yr", j), "solMass/yr",
              fmt::format("star formation rate in bin {} of HISTORY", j), draws.size(), [&](std::size_t i) {
                const std::vector<double>& rate = draws[i]->rate_msun_per_yr;
                return j < rate.size() ? rate[j] : nan;
              });
  return table;
}

const sed::PosteriorSummary& summary_of(const sed::ContinuityPosterior& fit, const std::string& name) {
  const std::vector<sed::ContinuityQuantity>& all = sed::continuity_quantities();
  const auto q = std::find_if(all.begin(), all.end(),
                              [&](const sed::ContinuityQuantity& quantity) { return quantity.name == name; });
  return fit.summary.at(static_cast<std::size_t>(q - all.begin()));
}

std::string host_facts(const sed::ContinuityPosterior& fit) {
  const auto part = [&](const char* name, const char* quantity, int decimals) {
    const sed::PosteriorSummary& s = summary_of(fit, quantity);
    return interval_html(name, s.median, s.low, s.high, s.median < 0.1 ? decimals + 2 : decimals);
  };
  return fmt::format(
      "{} M<sub>\u2609</sub> formed, {} and {} M<sub>\u2609</sub>/yr, {} yr, {}; &chi;&sup2; = {} of {} "
      "bands",
      part("log M", "log_mass_msun", 2), part("SFR<sub>10</sub>", "rate_10myr_msun_per_yr", 2),
      part("SFR<sub>100</sub>", "rate_100myr_msun_per_yr", 2),
      part("log mean age", "log_mass_weighted_age_yr", 2), part("A<sub>V</sub>", "av_mag", 2),
      reports::html::fixed(fit.chi2, 1), fit.bands_used);
}

std::vector<FittedRow> host_rows(HostFits& all, const PhotometryCatalog& catalog) {
  const io::Column id = catalog.id();
  std::vector<FittedRow> rows;
  for (std::size_t i = 0; i < all.fits.size(); ++i) {
    const sed::ContinuityPosterior& fit = all.fits[i];
    FittedRow& row = rows.emplace_back(report_row(catalog, id, i, fit.status));
    if (!row.fitted) continue;
    row.best = std::move(all.best[i]);
    row.members = std::move(all.members[i]);
    for (std::size_t j = 0; j < fit.rate_msun_per_yr.size(); ++j) {
      const sed::PosteriorSummary& rate = fit.rate_msun_per_yr[j];
      row.history.push_back({all.edge_myr[i][j], all.edge_myr[i][j + 1], rate.median, rate.low, rate.high});
    }
    row.log_age_yr = summary_of(fit, "log_mass_weighted_age_yr").median;
    row.facts_html = host_facts(fit);
  }
  return rows;
}

}  // namespace

SedProducts fit_continuity(const SedInputs& in) {
  const sed::ContinuityModel model = continuity_model(in.arguments);
  HostFits all = fit_hosts(in, model);
  // Tracks of a rate that never changes.
  constexpr double forever_myr = 1e5;
  std::vector<io::Table> tables{host_table(all, in.catalog), history_table(all), host_draws(all)};
  return {std::move(tables), host_rows(all, in.catalog), model.synthesis, sed::StarFormation{forever_myr},
          in.arguments.posterior.non_detections == sed::NonDetections::upper_limits};
}

}  // namespace arcproof::commands

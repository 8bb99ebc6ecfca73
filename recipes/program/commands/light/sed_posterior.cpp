#include "recipes/program/commands/light/sed_posterior.h"

#include "engine/core/parallel.h"
#include "engine/sed/fits/posterior.h"
#include "engine/sed/fits/prior_sensitivity.h"
#include "reports/drawing/html.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

sed::PosteriorModel posterior_model(const SedArguments& a) {
  sed::PosteriorModel model = a.clumps;
  model.synthesis = with_light(a, model.synthesis);
  return model;
}

std::vector<sed::SedPosterior> posteriors(const SedInputs& in) {
  const SedArguments& a = in.arguments;
  const sed::PosteriorModel model = posterior_model(a);
  sed::PosteriorOptions options = a.posterior;
  options.points = std::max(options.points, 8 * options.draws);
  std::vector<sed::SedPosterior> fits(in.catalog.rows());
  for (const auto& [z, rows] : by_redshift(in.catalog)) {
    const sed::PosteriorGrid grid = sed::build_posterior_grid(in.library, in.filters, z, {}, model);
    parallel_for(rows.size(), a.threads, [&, &rows = rows](std::size_t k) {
      Random random({.seed = a.seed, .purpose = "posterior", .clump = static_cast<std::int64_t>(rows[k])});
      fits[rows[k]] = sed::fit_posterior(grid, in.catalog.photometry(rows[k]), options, random);
    });
  }
  return fits;
}

void add_prior_sensitivity(io::Table& table, const std::vector<sed::SedPosterior>& fits,
                           sed::AgePrior prior) {
  std::vector<sed::PriorSensitivity> other;
  io::Flags dominated;
  for (const sed::SedPosterior& fit : fits) {
    other.push_back(sed::prior_sensitivity(fit, prior));
    dominated.push_back(other.back().prior_dominated);
  }
  const std::string name = prior == sed::AgePrior::uniform ? "log_uniform" : "uniform";
  const std::string text = "median if the prior of the age were " + name + " (--age-prior)";
  add_reals(table, "log_age_yr_other_prior", "", "log10 age [yr]: " + text, other.size(),
            [&](std::size_t i) { return other[i].log_age_yr; });
  add_reals(table, "log_mass_msun_other_prior", "", "log10 mass formed [solMass]: " + text, other.size(),
            [&](std::size_t i) { return other[i].log_mass_msun; });
  table.add("prior_dominated", "", "age or mass moves by more than 0.2 dex with the prior of the age",
            std::move(dominated));
}

io::Table posterior_table(const std::vector<sed::SedPosterior>& fits, const PhotometryCatalog& catalog,
                          sed::AgePrior prior) {
  std::vector<sed::SedStatus> status;
  for (const sed::SedPosterior& fit : fits) status.push_back(fit.status);
  io::Table table = sed_table(catalog, status);
  const std::size_t n = fits.size();
  add_bands(table, fits);
  for (const sed::PosteriorQuantity& q : sed::posterior_quantities())
    add_summary(table, q.name, q.unit, q.description, n, [&](std::size_t i) { return fits[i].*q.summary; });
  add_evidence(table, fits);
  add_prior_sensitivity(table, fits, prior);
  return table;
}

io::Table posterior_draws(const std::vector<sed::SedPosterior>& fits) {
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

// A user who takes such ages for measurements is to know.
void warn_of_prior(const std::vector<sed::SedPosterior>& fits, sed::AgePrior prior) {
  const auto dominated = std::count_if(fits.begin(), fits.end(), [&](const sed::SedPosterior& fit) {
    return sed::prior_sensitivity(fit, prior).prior_dominated;
  });
  if (dominated > 0)
    fmt::print(stderr,
               "warning: in {} of {} rows the prior on the age decides the age or the mass (column "
               "prior_dominated); --age-prior {} gives other values\n",
               dominated, fits.size(), prior == sed::AgePrior::uniform ? "log_uniform" : "uniform");
}

FitMember posterior_member(const sed::PosteriorDraw& draw, const sed::PosteriorModel& model) {
  return {{{{std::pow(10, draw.log_age_yr - 6), std::pow(10, draw.log_metallicity),
             draw.av_mag / sed::dust_r_v(model.synthesis.dust), model.history},
            std::pow(10, draw.log_mass_msun)}},
          draw.log_u};
}

std::vector<FittedRow> posterior_rows(const sed::PosteriorModel& model,
                                      const std::vector<sed::SedPosterior>& fits,
                                      const PhotometryCatalog& catalog) {
  const io::Column id = catalog.id();
  std::vector<FittedRow> rows;
  for (std::size_t i = 0; i < fits.size(); ++i) {
    FittedRow& row = rows.emplace_back(report_row(catalog, id, i, fits[i].status));
    if (!row.fitted) continue;
    row.best = posterior_member(fits[i].best, model);
    for (const sed::PosteriorDraw& draw : fits[i].draws) row.members.push_back(posterior_member(draw, model));
    row.log_age_yr = fits[i].log_age_yr.median;
    const auto part = [&](const char* name, const sed::PosteriorSummary& s, int decimals) {
      return interval_html(name, s.median, s.low, s.high, decimals);
    };
    row.facts_html =
        fmt::format("{} M<sub>\u2609</sub>, {} yr, {}, {}; &chi;&sup2; = {} of {} bands",
                    part("log M", fits[i].log_mass_msun, 2), part("log age", fits[i].log_age_yr, 2),
                    part("A<sub>V</sub>", fits[i].av_mag, 2), part("log Z", fits[i].log_metallicity, 1),
                    reports::html::fixed(fits[i].chi2, 1), fits[i].bands_used);
  }
  return rows;
}

}  // namespace

SedProducts fit_claeyssens2025(const SedInputs& in) {
  const sed::PosteriorModel model = posterior_model(in.arguments);
  const std::vector<sed::SedPosterior> fits = posteriors(in);
  warn_of_prior(fits, model.priors.age);
  return {{posterior_table(fits, in.catalog, model.priors.age), posterior_draws(fits)},
          posterior_rows(model, fits, in.catalog),
          model.synthesis,
          model.history,
          in.arguments.posterior.non_detections == sed::NonDetections::upper_limits};
}

}  // namespace arcproof::commands

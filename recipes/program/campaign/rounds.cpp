#include "recipes/program/campaign/rounds.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "validation/studies/mass_function_tables.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

using population::CorrectedStatus;

constexpr double variance_share = 0.9;
constexpr double narrowest_dex = 0.5;
constexpr int largest_growth = 4;

population::CorrectedFit fit_of(const Recipe& recipe, const io::Table& catalogue,
                                const io::Table& injections) {
  const auto clusters = studies::read_clusters(catalogue, "science_catalog.fits", nan).clusters;
  const auto images =
      studies::read_injected_images(injections, "injections.fits", lower_case(recipe.reference_band), true);
  const mocks::Range& drawn = recipe.population.mass_msun;
  const auto all = population::measured_by_clump(images, {drawn.low, drawn.high}, recipe.mass_function);
  return population::correct_mass_function(population::MassFunctionModel::power_law, clusters, all,
                                           std::min(drawn.low, recipe.mass_function.min_mass_msun),
                                           recipe.mass_function);
}

// From the population's lightest to the upper end of what costs most, not too narrow.
population::Bounds round_range(const Recipe& recipe, population::Bounds costly) {
  const double low = std::log10(recipe.population.mass_msun.low),
               high = std::log10(recipe.population.mass_msun.high);
  return {low, std::min(high, std::max(costly.high, low + narrowest_dex))};
}

int clumps_within(const io::Table& injections, const population::Bounds& range) {
  const io::Reals& mass = injections.reals("true_log_mass_msun");
  const io::Integers& parent = injections.integers("parent_id");
  std::set<std::int64_t> clumps;
  for (std::size_t i = 0; i < injections.rows(); ++i)
    if (mass[i] >= range.low && mass[i] <= range.high) clumps.insert(parent[i]);
  return static_cast<int>(clumps.size());
}

// How many clumps more in the range bring N_eff from what it is to what is wanted; as many as allowed where
// the range alone cannot.
double clumps_needed(int within, double ratio, double most) {
  const double rest = ratio - (1 - variance_share);
  if (rest <= 0) return most;
  return std::min(most, within * (variance_share / rest - 1));
}

// A cluster has no injection near its measured mass: as many again over all masses, up to eight times the
// recipe's.
RoundPlan doubled(const Recipe& recipe, const population::CorrectedFit& fit) {
  const int here = realisations_of(recipe);
  RoundPlan plan;
  plan.mass_msun = recipe.population.mass_msun;
  if (here < 8 * recipe.injection.realisations) plan.realisations = here;
  plan.message =
      fit.message + (plan.realisations ? fmt::format(": {} realisations more, all masses, about the "
                                                     "work so far",
                                                     here)
                                       : ": more would not help");
  return plan;
}

}  // namespace

RealisationResult joined_parts(const Recipe& recipe, const PartStore& store) {
  RealisationResult all{io::Table("INJECTIONS"), io::Table("EXAMPLES"), io::Table("MEASURED"),
                        io::Table("PLACEHOLDERS")};
  for (int r = 0; r < realisations_of(recipe); ++r) {
    const auto part = store.read(r);
    require(part.has_value(), "joined_parts: all parts are on disk");
    all.injections.append(part->injections);
    if (part->examples.rows()) all.examples.append(part->examples);
    if (part->measured.rows()) all.measured.append(part->measured);
    if (part->placeholders.rows()) all.placeholders.append(part->placeholders);
    if (part->ladder.rows()) all.ladder.append(part->ladder);
  }
  io::Table& joined = all.injections;
  if (recipe.injection.rounds.empty()) return all;
  io::Reals density;
  for (const double l : joined.reals("true_log_mass_msun")) density.push_back(log_draw_density(recipe, l));
  joined.add("log_draw_density", "",
             "natural log of the density of injected log10 masses [1/dex], all rounds", std::move(density));
  return all;
}

RoundPlan next_round(const Recipe& recipe, const io::Table& catalogue, const io::Table& injections,
                     double wanted) {
  const population::CorrectedFit fit = fit_of(recipe, catalogue, injections);
  RoundPlan plan;
  plan.effective_injections = fit.effective_injections;
  if (fit.status == CorrectedStatus::injections_do_not_cover && !fit.posterior) return doubled(recipe, fit);
  if (!fit.posterior) {
    plan.message = "more injections would not help: " + fit.message;
    return plan;
  }
  const std::string so_far = fmt::format("N_eff = {:.0f} of {:.0f} wanted", fit.effective_injections, wanted);
  if (fit.effective_injections >= wanted) {
    plan.message = so_far + ": enough";
    return plan;
  }
  const population::Bounds range = round_range(recipe, fit.costly_log_mass);
  const int here = realisations_of(recipe);
  const double clumps =
      clumps_needed(std::max(1, clumps_within(injections, range)), fit.effective_injections / wanted,
                    static_cast<double>(largest_growth) * here * recipe.injection.clumps);
  plan.realisations = std::max(1, static_cast<int>(std::ceil(clumps / recipe.injection.clumps)));
  plan.mass_msun = {std::max(recipe.population.mass_msun.low, std::pow(10, range.low)),
                    std::min(recipe.population.mass_msun.high, std::pow(10, range.high))};
  plan.message = fmt::format(
      "{}: {} realisations more, masses {:.2g} to {:.2g} Msun; {} are done, so about {:.2g} "
      "times the work so far",
      so_far, plan.realisations, plan.mass_msun.low, plan.mass_msun.high, here,
      static_cast<double>(plan.realisations) / here);
  return plan;
}

}  // namespace arcproof::recipes

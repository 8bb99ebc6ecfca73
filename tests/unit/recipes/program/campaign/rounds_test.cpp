// Campaigns in several rounds, each with masses of its own: the weights of the mixture keep the selection
// integral and the corrected slope those of a campaign that was drawn at once.
#include "recipes/program/campaign/rounds.h"

#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "engine/io/files.h"
#include "engine/population/measured_masses.h"
#include "tests/support/data.h"
#include "validation/studies/mass_function_tables.h"

#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::recipes {
namespace {

namespace fs = std::filesystem;

constexpr double truth = -2.3, sigma = 0.3;
constexpr int pairs = 16, clusters = 100;
constexpr double wanted = 1500;

Recipe mock_recipe(int realisations) {
  const fs::path folder = tests::scratch_folder("rounds");
  io::write_text(folder / "recipe.json", fmt::format(R"({{
    "name": "rounds", "bands": [{{"name": "F150W"}}, {{"name": "F200W"}}],
    "fields": [{{"name": "sky", "z": 1.4}}],
    "population": {{"mass_msun": [1e5, 3e8]}}, "injection": {{"realisations": {}, "clumps": 40}},
    "mass_function": {{"min_mass_msun": 1e6, "max_mass_msun": 1e8, "beta": [-3.5, -1]}}, "criteria": []}})",
                                                     realisations));
  return read_recipe(folder, {});
}

// Found by what was measured, half of them at 10^6.5 Msun.
double measured(double log_mass, Random& random) {
  const double x = log_mass + sigma * random.normal();
  return random.uniform() < 1 / (1 + std::exp((6.5 - x) / 0.2)) ? x
                                                                : std::numeric_limits<double>::quiet_NaN();
}

io::Table mock_catalogue(int number) {
  Random random({.seed = 31, .purpose = "rounds catalogue", .realisation = number});
  io::Reals mass;
  while (mass.size() < clusters)
    for (const double m :
         population::draw_masses(population::MassFunctionModel::power_law, truth, 0, 1e5, 64, random, 3e8)) {
      const double x = measured(std::log10(m), random);
      if (x > 6 && x < 8 && mass.size() < clusters) mass.push_back(x);
    }
  io::Table table("CATALOG");
  table.add("log_mass_msun", "", "", mass);
  table.add("log_mass_msun_err", "", "", io::Reals(mass.size(), sigma));
  table.add("log_age_yr", "", "", io::Reals(mass.size(), 7));
  return table;
}

// Every realisation draws uniform in the range of its round, as campaigns do.
io::Table mock_injections(const Recipe& recipe, const std::string& stream, int number) {
  io::Integers id;
  io::Reals mass, found_mass, density;
  io::Flags found;
  for (int r = 0; r < realisations_of(recipe); ++r) {
    Random random({.seed = 31, .purpose = stream + std::to_string(number), .realisation = r});
    const mocks::Range range = masses_of_realisation(recipe, r);
    for (int c = 0; c < recipe.injection.clumps; ++c) {
      id.push_back(static_cast<std::int64_t>(id.size()));
      mass.push_back(random.uniform(std::log10(range.low), std::log10(range.high)));
      found_mass.push_back(measured(mass.back(), random));
      found.push_back(std::isfinite(found_mass.back()));
    }
  }
  for (const double l : mass) density.push_back(log_draw_density(recipe, l));
  const std::size_t n = id.size();
  io::Table table("INJECTIONS");
  table.add("parent_id", "", "", std::move(id));
  table.add("true_log_mass_msun", "", "", std::move(mass));
  table.add("recovered", "", "", std::move(found));
  table.add("measured_log_mass_msun", "", "", std::move(found_mass));
  table.add("measured_log_age_yr", "", "", io::Reals(n, 7));
  table.add("log_draw_density", "", "", std::move(density));
  return table;
}

// Rounds as `run --until neff=1500` makes them.
Recipe adapted(Recipe recipe, const io::Table& catalogue, int number) {
  for (int round = 0; round < 8; ++round) {
    const RoundPlan plan =
        next_round(recipe, catalogue, mock_injections(recipe, "rounds adaptive", number), wanted);
    if (plan.realisations == 0) break;
    recipe.injection.rounds.push_back({plan.realisations, plan.mass_msun, true});
  }
  return recipe;
}

struct Result {
  double slope, slope_error, n_eff, xi, xi_error;
};

enum class Weights { of_the_mixture, of_one_draw };

Result result_of(const Recipe& recipe, const io::Table& catalogue, const io::Table& table, Weights weights) {
  auto images = studies::read_injected_images(table, "injections", "f150w", true);
  if (weights == Weights::of_one_draw)
    for (auto& image : images) image.log_draw_density = std::numeric_limits<double>::quiet_NaN();
  const population::InjectedMasses drawn{recipe.population.mass_msun.low, recipe.population.mass_msun.high};
  const auto injections = population::measured_by_clump(images, drawn, recipe.mass_function);
  const auto found = studies::read_clusters(catalogue, "catalog", std::nan("")).clusters;
  const auto fit = population::correct_mass_function(population::MassFunctionModel::power_law, found,
                                                     injections, 1e5, recipe.mass_function);
  if (weights == Weights::of_the_mixture) {
    EXPECT_EQ(fit.status, population::CorrectedStatus::ok) << fit.message;
  }
  std::vector<population::Injection> counted;
  for (const auto& i : injections)
    counted.push_back(
        {i.log_mass_msun, i.log_draw_density, i.measured_log_mass > 6 && i.measured_log_mass < 8, i.weight});
  const population::MassModel model(population::MassModelKind::power_law,
                                    {.min_mass_msun = 1e5, .max_mass_msun = 3e8, .beta = {-3.5, -1}});
  const population::Selection selection(population::log_mass_grid(5, std::log10(3e8), 0.01), counted);
  const auto xi = selection.direct_integral(model.density(std::vector{truth}));
  return {fit.parameters[0].median, fit.parameters[0].monte_carlo_error, fit.effective_injections, xi.xi,
          std::sqrt(xi.variance)};
}

// xi at the true slope: int p(l) int N(x; l, sigma) c(x) dx dl.
double exact_xi() {
  const double steep = (truth + 1) * std::log(10.0);
  double sum = 0, norm = 0;
  for (double l = 5.0005; l < std::log10(3e8); l += 0.001) {
    norm += std::exp(steep * l);
    for (double x = 6.005; x < 8; x += 0.01)
      sum += 0.01 * std::exp(steep * l - 0.5 * (x - l) * (x - l) / (sigma * sigma)) /
             (1 + std::exp((6.5 - x) / 0.2));
  }
  return sum / norm / (sigma * std::sqrt(2 * std::numbers::pi));
}

// Seed 31, 16 pairs of an adaptive and a plain campaign, each with a catalogue of its own. Pulls of the slope
// (adaptive - plain over the Monte-Carlo errors of both) and of xi (adaptive - exact, plain - exact): mean
// within 3.3 / sqrt(16) of 0, mean square from 0.25 to 2.45 (false-alarm rate 1e-3 each). The same injections
// weighted as if they were of one draw miss xi by tens of errors.
TEST(Rounds, WeightsMakeAdaptiveCampaignsAgreeWithPlainOnes) {
  std::vector<double> slope, xi, xi_plain, wrong;
  const double exact = exact_xi();
  for (int k = 0; k < pairs; ++k) {
    const io::Table catalogue = mock_catalogue(k);
    const Recipe adaptive = adapted(mock_recipe(25), catalogue, k);
    ASSERT_GE(adaptive.injection.rounds.size(), 1u);
    EXPECT_LT(adaptive.injection.rounds[0].mass_msun.high, 1e8);  // not the range of the first draw
    EXPECT_EQ(adaptive.injection.rounds[0].mass_msun.low, 1e5);   // nor without the lightest
    const io::Table table = mock_injections(adaptive, "rounds adaptive", k);
    const Recipe plain = mock_recipe(1500);
    const Result a = result_of(adaptive, catalogue, table, Weights::of_the_mixture),
                 p = result_of(plain, catalogue, mock_injections(plain, "rounds plain", k),
                               Weights::of_the_mixture),
                 w = result_of(adaptive, catalogue, table, Weights::of_one_draw);
    EXPECT_GE(a.n_eff, wanted);
    slope.push_back((a.slope - p.slope) / std::hypot(a.slope_error, p.slope_error));
    xi.push_back((a.xi - exact) / a.xi_error);
    xi_plain.push_back((p.xi - exact) / p.xi_error);
    wrong.push_back((w.xi - exact) / w.xi_error);
  }
  for (const auto& [name, pulls] : {std::pair{"slope", &slope}, {"xi", &xi}, {"xi_plain", &xi_plain}}) {
    double square = 0;
    for (const double pull : *pulls) square += pull * pull / pairs;
    EXPECT_LT(std::abs(statistics::mean(*pulls)), 3.3 / std::sqrt(pairs)) << name;
    EXPECT_LT(square, 2.45) << name;
    EXPECT_GT(square, 0.25) << name;
    RecordProperty(std::string(name) + "_mean_square", fmt::format("{:.3f}", square));
    RecordProperty(std::string(name) + "_mean", fmt::format("{:.3f}", statistics::mean(*pulls)));
  }
  EXPECT_GT(std::abs(statistics::mean(wrong)), 10);
}

}  // namespace
}  // namespace arcproof::recipes

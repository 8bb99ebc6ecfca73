#include "engine/sed/fits/continuity.h"

#include "engine/core/error.h"
#include "engine/core/statistics.h"
#include "engine/sed/fits/grids/mass_integral.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/parametric_filter.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

using Edges = std::vector<double>;

TEST(ContinuityEdges, EndAtTheAgeOfTheUniverse) {
  const std::array<double, 3> ends{10, 100, 1000};
  EXPECT_EQ(continuity_edges_myr(ends, 2000), (Edges{0, 10, 100, 1000, 2000}));
  // 449 Myr are less than half of 900: one bin with the one before.
  EXPECT_EQ(continuity_edges_myr(ends, 1449), (Edges{0, 10, 100, 1449}));
  EXPECT_EQ(continuity_edges_myr(ends, 1450), (Edges{0, 10, 100, 1000, 1450}));
  EXPECT_EQ(continuity_edges_myr(ends, 500), (Edges{0, 10, 100, 500}));
}

// Claeyssens+2025 section 3.4.1: "between 10 and 14 age bins" with these ends, depending on redshift. Their
// most distant galaxies, z = 9.6, have fewer here: 480 Myr hold six of the ends, and the last is too close.
TEST(ContinuityEdges, AreAboutAsManyAsPublished) {
  const ContinuityModel model;
  const auto bins = [&](double z) {
    return continuity_edges_myr(model.bin_ends_myr, sky::Cosmology{}.age_myr(z)).size() - 1;
  };
  EXPECT_EQ(bins(0.7), 14u);
  EXPECT_EQ(bins(1), 13u);
  EXPECT_EQ(bins(4.8), 10u);
  EXPECT_EQ(bins(9.6), 6u);
}

TEST(ContinuityEdges, AreRefused) {
  EXPECT_THROW(continuity_edges_myr(std::array{10.0, 5.0}, 1000), ContractError);
  EXPECT_THROW(continuity_edges_myr(std::array{0.0, 5.0}, 1000), ContractError);
  EXPECT_THROW(continuity_edges_myr(std::array{2000.0}, 1000), ContractError);
}

struct Hosts {
  std::shared_ptr<const Library> library = std::make_shared<Library>(analytic_library());
  std::vector<Filter> filters;
  sky::Cosmology cosmology;
  ContinuityModel model;
  double z = 2;

  Hosts() {
    for (const char* band : {"F606W", "F090W", "F115W", "F150W", "F200W", "F277W", "F444W"})
      filters.push_back(parametric_filter(band));
    model.bin_ends_myr = {10, 50, 200, 1000};
  }
  ContinuityGrid grid() const { return build_continuity_grid(library, filters, z, cosmology, model); }
  BandSynthesis synthesis(double log_u = reference_log_u) const {
    SynthesisOptions options = model.synthesis;
    options.log_u = log_u;
    return {library, filters, z, cosmology, options};
  }
  /// Fluxes [nJy] of a draw by the synthesis itself, without any table.
  std::vector<double> fluxes(const ContinuityGrid& grid, const ContinuityDraw& draw) const {
    const BandSynthesis light = synthesis(draw.log_u);
    std::vector<double> sum(filters.size());
    for (const FormedMass& formed : populations_of(grid, draw)) {
      const std::vector<double> one = light.fluxes_njy_per_msun(formed.population);
      for (std::size_t b = 0; b < sum.size(); ++b) sum[b] += formed.mass_msun * one[b];
    }
    return sum;
  }
};

// The table against the synthesis, off its nodes: A_V to 0.3%, log U to 2% (lines over log U are not
// straight).
TEST(Continuity, TableIsTheSynthesis) {
  Hosts world;
  const ContinuityGrid grid = world.grid();
  Random random({.seed = 5, .purpose = "continuity table"});
  for (int i = 0; i < 100; ++i) {
    const ContinuityDraw draw = draw_from_prior(grid, 9, 10, random);
    const std::vector<double> exact = world.fluxes(grid, draw), table = model_fluxes_njy(grid, draw);
    for (std::size_t b = 0; b < exact.size(); ++b) EXPECT_NEAR(table[b] / exact[b], 1, 0.02) << b;
  }
  world.model.log_u_min = world.model.log_u_max = reference_log_u;
  const ContinuityGrid one_u = world.grid();
  for (int i = 0; i < 100; ++i) {
    const ContinuityDraw draw = draw_from_prior(one_u, 9, 10, random);
    const std::vector<double> exact = world.fluxes(one_u, draw), table = model_fluxes_njy(one_u, draw);
    for (std::size_t b = 0; b < exact.size(); ++b) EXPECT_NEAR(table[b] / exact[b], 1, 0.003) << b;
  }
}

// What follows from the rates, by hand: bins of 10, 40, 150, 800 Myr and the rest.
TEST(Continuity, DerivedQuantitiesFollowFromTheRates) {
  const Hosts world;
  const ContinuityGrid grid = world.grid();
  Random random({.seed = 6, .purpose = "continuity"});
  for (int i = 0; i < 50; ++i) {
    const ContinuityDraw d = draw_from_prior(grid, 8, 11, random);
    const double oldest = world.cosmology.age_myr(world.z);
    const std::array<double, 6> edge{0, 10, 50, 200, 1000, oldest};
    double mass = 0, age = 0;
    for (std::size_t j = 0; j < 5; ++j) {
      const double formed = d.rate_msun_per_yr[j] * (edge[j + 1] - edge[j]) * 1e6;
      mass += formed;
      age += formed * 0.5 * (edge[j] + edge[j + 1]);
    }
    EXPECT_NEAR(d.log_mass_msun, std::log10(mass), 1e-9);
    EXPECT_NEAR(d.log_mass_weighted_age_yr, std::log10(age / mass) + 6, 1e-9);
    EXPECT_NEAR(d.rate_10myr_msun_per_yr, d.rate_msun_per_yr[0], 1e-9 * d.rate_msun_per_yr[0]);
    const double last_100 =
        0.1 * d.rate_msun_per_yr[0] + 0.4 * d.rate_msun_per_yr[1] + 0.5 * d.rate_msun_per_yr[2];
    EXPECT_NEAR(d.rate_100myr_msun_per_yr, last_100, 1e-9 * last_100);
    // Half of the mass is younger than that age.
    const double half = std::pow(10, d.log_half_mass_age_yr - 6);
    double younger = 0;
    for (std::size_t j = 0; j < 5; ++j)
      younger += d.rate_msun_per_yr[j] * 1e6 * std::max(0.0, std::min(half, edge[j + 1]) - edge[j]);
    EXPECT_NEAR(younger / mass, 0.5, 1e-9);
    EXPECT_LT(d.log_surviving_mass_msun, d.log_mass_msun);
  }
}

// The prior of the ratios: Student's t, two degrees of freedom, scale 0.3. Its 16% and 84% quantiles are
// 0.3 x 1.3116 (scipy.stats.t.ppf(0.84, 2) = 1.31158); 20,000 draws: 4 sigma of a quantile, sqrt(p (1 - p) /
// n) over the density (0.1394 / 0.3 there, 0.3536 / 0.3 in the middle).
TEST(Continuity, PriorOfTheRatiosIsStudents) {
  const Hosts world;
  const ContinuityGrid grid = world.grid();
  Random random({.seed = 7, .purpose = "continuity"});
  constexpr int count = 20000;
  std::vector<double> first, third;
  for (int i = 0; i < count; ++i) {
    const ContinuityDraw d = draw_from_prior(grid, 8, 9, random);
    first.push_back(std::log10(d.rate_msun_per_yr[0] / d.rate_msun_per_yr[1]));
    third.push_back(std::log10(d.rate_msun_per_yr[2] / d.rate_msun_per_yr[3]));
  }
  const double in_wings = 4 * std::sqrt(0.16 * 0.84 / count) / (0.1394 / 0.3),
               in_middle = 4 * std::sqrt(0.25 / count) / (0.3536 / 0.3);
  for (const std::vector<double>& x : {first, third}) {
    EXPECT_NEAR(statistics::quantile(x, 0.84), 0.3 * 1.31158, in_wings);
    EXPECT_NEAR(statistics::quantile(x, 0.16), -0.3 * 1.31158, in_wings);
    EXPECT_NEAR(statistics::median(x), 0, in_middle);
  }
}

// The plainest of all methods: the mean likelihood over histories drawn from the prior (here by normal over
// chi, not by quantiles), each the sum of the synthesis' own bins. Z, A_V and log U are fixed; 200,000
// histories of five bins, S/N = 5. Evidence and moments within 4 of its and the sampler's errors.
TEST(Continuity, IsTheMeanOverThePrior) {
  Hosts world;
  world.model.log_z_solar_min = world.model.log_z_solar_max = std::log10(0.4);
  world.model.av_min_mag = world.model.av_max_mag = 0.3;
  world.model.log_u_min = world.model.log_u_max = reference_log_u;
  const ContinuityGrid grid = world.grid();
  const BandSynthesis light = world.synthesis();
  std::vector<std::vector<double>> bin_flux;
  for (std::size_t j = 0; j < grid.bins(); ++j)
    bin_flux.push_back(light.fluxes_njy_per_msun(
        {grid.edge_myr[j + 1], 0.008, 0.3 / 4.05, {grid.edge_myr[j + 1] - grid.edge_myr[j]}}));
  Random random({.seed = 4, .purpose = "continuity prior"});
  // A galaxy that stopped: 1e9 Msun, all of it more than 200 Myr ago.
  std::vector<BandFlux> photometry;
  for (std::size_t b = 0; b < world.filters.size(); ++b) {
    const double flux = 5e8 * (bin_flux[3][b] + bin_flux[4][b]);
    photometry.push_back({random.normal(flux, flux / 5), flux / 5, 0});
  }
  const auto history = [&] {
    std::vector<double> mass(grid.bins());
    double log_rate = 0, sum = 0;
    for (std::size_t j = 0; j < mass.size(); ++j) {
      const double chi = std::hypot(random.normal(), random.normal()) / std::sqrt(2);
      if (j > 0) log_rate -= 0.3 * random.normal() / chi;
      mass[j] = std::pow(10, log_rate) * (grid.edge_myr[j + 1] - grid.edge_myr[j]);
      sum += mass[j];
    }
    for (double& m : mass) m /= sum;
    return mass;
  };
  double sum = 0, squares = 0, age = 0, age_squares = 0;
  constexpr int count = 200000;
  for (int i = 0; i < count; ++i) {
    const std::vector<double> mass = history();
    double square = 0, product = 0, null = 0, mean_age = 0;
    for (std::size_t b = 0; b < photometry.size(); ++b) {
      double f = 0;
      for (std::size_t j = 0; j < mass.size(); ++j) f += mass[j] * bin_flux[j][b];
      const auto& [d, s, limit] = photometry[b];
      square += f * f / (s * s);
      product += f * d / (s * s);
      null += -0.5 * d * d / (s * s) - std::log(s * std::sqrt(2 * M_PI));
    }
    for (std::size_t j = 0; j < mass.size(); ++j)
      mean_age += mass[j] * 0.5 * (grid.edge_myr[j] + grid.edge_myr[j + 1]);
    const double length = std::sqrt(square), v = product / length;
    const double likelihood =
        std::exp(null + 0.5 * v * v + mass_integral::log_direct(v, 1e3 * length, 1e15 * length)) /
        (12 * std::log(10));
    sum += likelihood;
    squares += likelihood * likelihood;
    age += likelihood * std::log10(mean_age);
    age_squares += likelihood * std::pow(std::log10(mean_age), 2);
  }
  const double effective = sum * sum / squares;
  ASSERT_GT(effective, 1000);
  const ContinuityPosterior fit = fit_continuity(grid, photometry, {.draws = 4000}, random);
  ASSERT_EQ(fit.status, SedStatus::fitted);
  EXPECT_TRUE(fit.finished);
  EXPECT_NEAR(fit.log_evidence, std::log(sum / count),
              4 * std::hypot(fit.log_evidence_error, std::sqrt(1 / effective)));
  double mean_age = 0;
  for (const ContinuityDraw& draw : fit.draws) mean_age += (draw.log_mass_weighted_age_yr - 6) / 4000;
  const double spread = std::sqrt(age_squares / sum - std::pow(age / sum, 2));
  EXPECT_NEAR(mean_age, age / sum, 4 * spread * std::sqrt(1 / effective + 1 / fit.effective_points));
}

TEST(Continuity, MassScalesWithFlux) {
  const Hosts world;
  const ContinuityGrid grid = world.grid();
  Random random({.seed = 8, .purpose = "continuity"}), one({.seed = 1, .purpose = "fit"}),
      two({.seed = 1, .purpose = "fit"});
  std::vector<BandFlux> photometry;
  for (const double flux : model_fluxes_njy(grid, draw_from_prior(grid, 9, 10, random)))
    photometry.push_back({random.normal(flux, 0.1 * flux), 0.1 * flux, 0});
  const ContinuityOptions options{.draws = 200, .sampler = {.live = 60}};
  const ContinuityPosterior before = fit_continuity(grid, photometry, options, one);
  for (BandFlux& band : photometry) band = {64 * band.flux_njy, 64 * band.error_njy, 0};
  const ContinuityPosterior after = fit_continuity(grid, photometry, options, two);
  EXPECT_NEAR(after.summary[0].median - before.summary[0].median, std::log10(64), 1e-4);
  EXPECT_NEAR(after.rate_msun_per_yr[2].median / before.rate_msun_per_yr[2].median, 64, 0.01);
  EXPECT_NEAR(before.log_evidence - after.log_evidence, 7 * std::log(64), 1e-3);
}

TEST(Continuity, SaysWhyItHasNone) {
  const Hosts world;
  const ContinuityGrid grid = world.grid();
  Random random({.seed = 1, .purpose = "fit"});
  const ContinuityPosterior faint = fit_continuity(grid, std::vector<BandFlux>(7, {1, 1, 0}), {}, random);
  EXPECT_EQ(faint.status, SedStatus::too_few_bands);
  EXPECT_TRUE(faint.draws.empty());
  EXPECT_TRUE(std::isnan(faint.summary[0].median));
  EXPECT_EQ(faint.rate_msun_per_yr.size(), grid.bins());
  EXPECT_THROW(fit_continuity(grid, {}, {}, random), ContractError);
  EXPECT_THROW(fit_continuity(grid, std::vector<BandFlux>(7, {1, 0, 0}), {}, random), ContractError);
}

}  // namespace
}  // namespace arcproof::sed

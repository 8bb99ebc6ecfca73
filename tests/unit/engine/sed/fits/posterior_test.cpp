#include "engine/sed/fits/posterior.h"

#include "engine/core/error.h"
#include "engine/core/statistics.h"
#include "engine/sed/fits/grids/mass_integral.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/parametric_filter.h"
#include "tests/unit/engine/sed/toy.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

// scipy.integrate.quad in ln u, by parts at 0.01, 0.1, 0.5, 1, 2, 4, 8, v - 8, v - 3, v, v + 3, epsrel =
// 1e-13.
TEST(MassIntegral, IsThatOfScipy) {
  constexpr double no_end = 1e300;
  const std::array<std::array<double, 4>, 7> published{{{0, 1e-3, no_end, 1.941001160637},
                                                        {5, 0.01, no_end, -0.645290623199},
                                                        {12, 0.5, no_end, -1.558898758897},
                                                        {-6, 0.2, no_end, -19.899005117570},
                                                        {3, 0.5, 2, -1.303960827747},
                                                        {30, 1, no_end, -2.481144633873},
                                                        {20, 0.1, 15, -16.841446019702}}};
  for (const auto& [v, from, to, value] : published)
    EXPECT_NEAR(mass_integral::log_direct(v, from, to), value, 1e-10) << v;
}

TEST(MassIntegral, FastIsTheDirectOne) {
  Random random({.seed = 5, .purpose = "mass integral"});
  for (int i = 0; i < 20000; ++i) {
    const double v = random.uniform(-10, 40), from = std::exp(random.uniform(-20, 3));
    EXPECT_NEAR(mass_integral::log_fast(v, from, 1e300), mass_integral::log_direct(v, from, 1e300), 3e-5)
        << v << " " << from;
  }
  EXPECT_EQ(mass_integral::log_fast(3, 0.5, 2), mass_integral::log_direct(3, 0.5, 2));
  EXPECT_THROW(mass_integral::log_direct(1, 0, 2), ContractError);
}

struct World {
  std::shared_ptr<const Library> library = std::make_shared<Library>(analytic_library());
  std::vector<Filter> filters;
  sky::Cosmology cosmology;
  PosteriorModel model;
  double z = 3;

  World() {
    for (const char* band : {"F090W", "F115W", "F150W", "F200W", "F277W", "F444W"})
      filters.push_back(parametric_filter(band));
    model.priors.age = AgePrior::log_uniform;
    model.cells = {.log_age_step = 0.1, .metallicity = 12, .av = 12, .log_u = 4};
  }
  PosteriorGrid grid() const { return build_posterior_grid(library, filters, z, cosmology, model); }
  BandSynthesis synthesis() const { return {library, filters, z, cosmology, model.synthesis}; }

  std::vector<BandFlux> clump(double age_myr, double snr, std::uint64_t seed) const {
    Random random({.seed = seed, .purpose = "clump"});
    std::vector<BandFlux> photometry;
    for (const double flux : synthesis().fluxes_njy_per_msun({age_myr, 0.004, 0.05, model.history}))
      photometry.push_back({random.normal(1e7 * flux, 1e7 * flux / snr), 1e7 * flux / snr, 0});
    return photometry;
  }
};
const World& world() {
  static const World made;
  return made;
}
const PosteriorGrid& grid() {
  static const PosteriorGrid made = world().grid();
  return made;
}

// The plainest of all methods: the mean likelihood of populations drawn from the prior, each with its own
// synthesis. 20,000 of them; S/N = 3, so that thousands count. Evidence and moments within 4 of its errors.
TEST(Posterior, IsTheMeanOverThePrior) {
  World w;
  w.model.priors.log_u_min = w.model.priors.log_u_max = reference_log_u;
  w.model.cells.log_u = 1;
  const std::vector<BandFlux> photometry = w.clump(40, 3, 2);
  const BandSynthesis synthesis = w.synthesis();
  Random random({.seed = 4, .purpose = "prior"});
  const PosteriorPriors& p = w.model.priors;
  const double oldest = w.cosmology.age_myr(w.z);
  double sum = 0, squares = 0, age = 0, av = 0, age_squares = 0;
  constexpr int count = 20000;
  for (int i = 0; i < count; ++i) {
    const double log_age = random.uniform(0, std::log10(oldest)), a_v = random.uniform(0, 1);
    const double log_z = random.uniform(p.log_z_solar_min, p.log_z_solar_max) + std::log10(0.02);
    const std::vector<double> flux = synthesis.fluxes_njy_per_msun(
        {std::pow(10, log_age), std::pow(10, log_z), a_v / 4.05, w.model.history});
    double square = 0, product = 0, null = 0;
    for (std::size_t b = 0; b < flux.size(); ++b) {
      const auto& [d, s, limit] = photometry[b];
      square += flux[b] * flux[b] / (s * s);
      product += flux[b] * d / (s * s);
      null += -0.5 * d * d / (s * s) - std::log(s * std::sqrt(2 * M_PI));
    }
    const double length = std::sqrt(square), v = product / length;
    const double likelihood =
        std::exp(null + 0.5 * v * v + mass_integral::log_direct(v, 1e3 * length, 1e15 * length)) /
        (12 * std::log(10));
    sum += likelihood;
    squares += likelihood * likelihood;
    age += likelihood * log_age;
    age_squares += likelihood * log_age * log_age;
    av += likelihood * a_v;
  }
  const double effective = sum * sum / squares, error = std::sqrt(1 / effective - 1.0 / count);
  ASSERT_GT(effective, 500);
  PosteriorOptions options;
  options.draws = 4000;
  options.points = 16000;
  const SedPosterior fit = fit_posterior(w.grid(), photometry, options, random);
  EXPECT_NEAR(fit.log_evidence, std::log(sum / count), 4 * error);
  double mean_age = 0, mean_av = 0;
  for (const PosteriorDraw& draw : fit.draws) {
    mean_age += (draw.log_age_yr - 6) / options.draws;
    mean_av += draw.av_mag / options.draws;
  }
  const double spread = std::sqrt(age_squares / sum - std::pow(age / sum, 2));
  EXPECT_NEAR(mean_age, age / sum, 4 * spread * std::sqrt(1 / effective + 1.0 / options.draws));
  EXPECT_NEAR(mean_av, av / sum, 4 * 0.29 * std::sqrt(1 / effective + 1.0 / options.draws));
}

// The evidence does not depend on the cells beyond its stated error and the fluxes' interpolation.
TEST(Posterior, EvidenceConvergesWithTheCells) {
  World usual = world(), fine = world();
  usual.model.cells = {};
  fine.model.cells = {.log_age_step = 0.03, .metallicity = 36, .av = 36, .log_u = 12};
  const PosteriorGrid usual_grid = usual.grid(), fine_grid = fine.grid();
  for (const double snr : {3.0, 10.0, 30.0, 100.0}) {
    const std::vector<BandFlux> photometry = world().clump(20, snr, 7);
    Random random({.seed = 8, .purpose = "evidence"});
    const SedPosterior coarse = fit_posterior(usual_grid, photometry, {}, random);
    const SedPosterior better = fit_posterior(fine_grid, photometry, {}, random);
    const double error = std::hypot(coarse.log_evidence_error, better.log_evidence_error);
    EXPECT_NEAR(coarse.log_evidence, better.log_evidence, 4 * error + 0.02) << snr;
    EXPECT_GT(better.effective_points, 500) << snr;
    EXPECT_LT(better.log_evidence_error, 0.05) << snr;
  }
}

// Brighter by a factor with errors: more massive by that factor. Far from the ends of the mass prior.
TEST(Posterior, MassScalesWithFlux) {
  std::vector<BandFlux> photometry = world().clump(30, 8, 3);
  Random one({.seed = 1, .purpose = "fit"}), two({.seed = 1, .purpose = "fit"});
  const SedPosterior before = fit_posterior(grid(), photometry, {}, one);
  for (BandFlux& band : photometry) band = {64 * band.flux_njy, 64 * band.error_njy, 0};
  const SedPosterior after = fit_posterior(grid(), photometry, {}, two);
  EXPECT_NEAR(after.log_mass_msun.median - before.log_mass_msun.median, std::log10(64), 1e-4);
  EXPECT_NEAR(after.log_age_yr.median, before.log_age_yr.median, 1e-4);
  EXPECT_NEAR(before.log_evidence - after.log_evidence, 6 * std::log(64), 1e-4);
  EXPECT_NEAR(before.chi2, after.chi2, 1e-6);
}

TEST(Posterior, SameNameSameNumbers) {
  const std::vector<BandFlux> photometry = world().clump(30, 8, 3);
  Random one({.seed = 1, .purpose = "fit"}), two({.seed = 1, .purpose = "fit"});
  const SedPosterior a = fit_posterior(grid(), photometry, {}, one),
                     b = fit_posterior(grid(), photometry, {}, two);
  ASSERT_EQ(a.draws.size(), 1000u);
  for (std::size_t i = 0; i < a.draws.size(); ++i) {
    EXPECT_EQ(a.draws[i].log_mass_msun, b.draws[i].log_mass_msun);
    EXPECT_EQ(a.draws[i].av_mag, b.draws[i].av_mag);
  }
}

TEST(Posterior, DerivedQuantitiesFollowFromTheDraws) {
  Random random({.seed = 1, .purpose = "fit"});
  const SedPosterior fit = fit_posterior(grid(), world().clump(300, 8, 3), {}, random);
  const sky::Cosmology& c = world().cosmology;
  for (const PosteriorDraw& d : fit.draws) {
    const double age = std::pow(10, d.log_age_yr - 6);
    EXPECT_NEAR(c.age_myr(d.formation_redshift), std::max(1.0, c.age_myr(3) - age), 1e-3);
    EXPECT_NEAR(std::pow(10, d.log_mass_weighted_age_yr - 6), age - 1 + age / std::expm1(age), 1e-9 * age);
    EXPECT_LT(d.log_surviving_mass_msun, d.log_mass_msun);
    EXPECT_NEAR(d.rate_msun_per_yr,
                std::pow(10, d.log_mass_msun) * specific_rate_per_yr(world().model.history, age, 10),
                1e-9 * (1e-12 + d.rate_msun_per_yr));
  }
}

// A signed non-detection and an upper limit both weigh against a bright model; without either, it stands.
TEST(Posterior, NonDetectionsEnterAsAsked) {
  std::vector<BandFlux> photometry = world().clump(5, 10, 3);
  const double blue = photometry[0].flux_njy;
  PosteriorOptions limits;
  limits.non_detections = NonDetections::upper_limits;
  photometry[0] = {0.01 * blue, 0.05 * blue, 0.1 * blue};
  Random random({.seed = 1, .purpose = "fit"});
  const SedPosterior with_flux = fit_posterior(grid(), photometry, {}, random);
  const SedPosterior with_limit = fit_posterior(grid(), photometry, limits, random);
  photometry[0].flux_njy = std::nan("");
  const SedPosterior without = fit_posterior(grid(), photometry, {}, random);
  ASSERT_EQ(with_flux.status, SedStatus::fitted);
  EXPECT_EQ(with_flux.bands_used, 6);
  EXPECT_EQ(without.bands_used, 5);
  EXPECT_GT(with_flux.chi2, without.chi2 + 10);
  // No population is that faint there: the limit excludes them at the mass that the other bands want.
  if (with_limit.status == SedStatus::fitted) {
    EXPECT_EQ(with_limit.bands_used, 5);
    const BandSynthesis synthesis = world().synthesis();
    for (std::size_t i = 0; i < 20; ++i) {
      const PosteriorDraw& d = with_limit.draws[i];
      const std::vector<double> flux =
          synthesis.fluxes_njy_per_msun({std::pow(10, d.log_age_yr - 6), std::pow(10, d.log_metallicity),
                                         d.av_mag / 4.05, world().model.history});
      EXPECT_LT(flux[0] * std::pow(10, d.log_mass_msun), 2 * 0.1 * blue * 1.05);
    }
  }
}

TEST(Posterior, SaysWhyItHasNone) {
  Random random({.seed = 1, .purpose = "fit"});
  const SedPosterior faint = fit_posterior(grid(), std::vector<BandFlux>(6, {1, 1, 0}), {}, random);
  EXPECT_EQ(faint.status, SedStatus::too_few_bands);
  EXPECT_TRUE(faint.draws.empty());
  EXPECT_TRUE(std::isnan(faint.log_age_yr.median));
  EXPECT_THROW(fit_posterior(grid(), {}, {}, random), ContractError);
  EXPECT_THROW(fit_posterior(grid(), std::vector<BandFlux>(6, {1, 0, 0}), {}, random), ContractError);
}

// Far below what is detected the mass keeps its prior: the draws go down to its lower limit.
TEST(Posterior, OfNothingIsThePriorBelowTheNoise) {
  PosteriorOptions options;
  options.min_bands = 0;
  Random random({.seed = 1, .purpose = "fit"});
  const SedPosterior fit = fit_posterior(grid(), std::vector<BandFlux>(6, {0, 1, 0}), options, random);
  ASSERT_EQ(fit.status, SedStatus::fitted);
  EXPECT_LT(fit.log_mass_msun.low, 4);
  EXPECT_NEAR(fit.av_mag.median, 0.5, 0.1);
}

}  // namespace
}  // namespace arcproof::sed

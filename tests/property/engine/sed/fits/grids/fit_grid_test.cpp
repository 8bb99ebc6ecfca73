#include "engine/sed/fits/grids/fit_grid.h"

#include "engine/core/statistics.h"
#include "engine/sed/fits/grids/grid.h"
#include "tests/unit/engine/sed/toy.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace arcproof::sed {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A case drawn from one integer: a small random grid and noisy photometry of one of its models, some bands
/// too faint.
struct Case {
  ModelGrid grid;
  std::vector<BandFlux> photometry;
  GridFitOptions options;
  std::uint64_t seed;
};

Case draw_case(std::uint64_t seed) {
  Random random({.seed = seed, .purpose = "fit_grid_test"});
  Case out;
  out.seed = seed;
  const std::size_t bands = 5 + random.index(9);
  out.grid = toy::random_grid(50 + random.index(400), bands, random.uniform(0.02, 0.6), random);
  const double snr = std::pow(10, random.uniform(0.4, 2.5));
  const std::size_t truth = random.index(out.grid.models.size());
  for (std::size_t b = 0; b < bands; ++b) {
    const double flux = 50 * out.grid.flux(truth, b);
    const bool faint = b >= 4 && random.uniform() < 0.3;
    const double error = faint ? flux * random.uniform(0.6, 2) : flux / snr;
    out.photometry.push_back({random.normal(flux, error), error, faint ? flux * random.uniform(0.3, 2) : 0});
    if (b >= 4 && random.uniform() < 0.1) out.photometry.back().flux_njy = std::nan("");
  }
  out.options.redraws = static_cast<int>(random.index(60));
  out.options.fix_ebv_to_zero = random.uniform() < 0.2;
  return out;
}

/// The plain way: every draw against every model, chi-squared as a sum of squares, limits band by band.
struct Plain {
  double chi2 = infinity, mass = 0;
  std::size_t model = 0;
};
Plain plain_fit(const Case& c, const std::vector<double>& flux, const std::vector<bool>& detected) {
  Plain best;
  for (std::size_t m = 0; m < c.grid.models.size(); ++m) {
    if (c.options.fix_ebv_to_zero && c.grid.models[m].ebv_mag != 0) continue;
    double fm = 0, mm = 0, chi2 = 0;
    for (std::size_t b = 0; b < flux.size(); ++b) {
      if (!detected[b]) continue;
      const double weight = std::pow(c.photometry[b].error_njy, -2), model = c.grid.flux(m, b);
      fm += weight * flux[b] * model;
      mm += weight * model * model;
    }
    const double mass = fm / mm;
    bool allowed = mass > 0;
    for (std::size_t b = 0; b < flux.size(); ++b) {
      const BandFlux& band = c.photometry[b];
      if (detected[b]) chi2 += std::pow((flux[b] - mass * c.grid.flux(m, b)) / band.error_njy, 2);
      else if (!std::isnan(band.flux_njy) && band.limit_njy > 0)
        allowed &= mass * c.grid.flux(m, b) <= c.options.limit_factor * band.limit_njy;
    }
    if (allowed && chi2 < best.chi2) best = {chi2, mass, m};
  }
  return best;
}

// The fast search against the plain one, redraws included. Its score and the plain chi-squared are rounded
// differently, so that two models closer than 1e-9 in chi-squared may swap: masses agree to 1e-6 nevertheless
// only if the same model won, hence the comparison of sorted quantiles with such a tolerance; such near-ties
// have a chance of 1e-7 a draw here.
RC_GTEST_PROP(FitGrid, IsThePlainSearch, ()) {
  const Case c = draw_case(*rc::gen::arbitrary<std::uint64_t>());
  std::vector<bool> detected;
  std::vector<double> flux;
  for (const BandFlux& band : c.photometry) {
    detected.push_back(band.flux_njy > 2 * band.error_njy);
    flux.push_back(band.flux_njy);
  }
  Random random({.seed = c.seed, .purpose = "redraws"}), same({.seed = c.seed, .purpose = "redraws"});
  const SedResult fast = fit_grid(c.grid, c.photometry, c.options, random);
  const Plain best = plain_fit(c, flux, detected);
  if (std::count(detected.begin(), detected.end(), true) < 4) {
    RC_ASSERT(fast.status == SedStatus::too_few_bands);
    return;
  }
  RC_ASSERT((fast.status == SedStatus::fitted) == (best.chi2 < infinity));
  if (fast.status != SedStatus::fitted) return;
  RC_ASSERT(fast.best_model == best.model);
  RC_ASSERT(std::abs(fast.chi2 - best.chi2) <= 1e-9 * (1 + best.chi2));
  RC_ASSERT(std::abs(std::pow(10, fast.log_mass_msun.best) / best.mass - 1) < 1e-10);

  std::vector<double> masses, ages;
  for (int draw = 0; draw < c.options.redraws; ++draw) {
    std::vector<double> redrawn = flux;
    for (std::size_t b = 0; b < flux.size(); ++b)
      if (detected[b]) redrawn[b] += c.photometry[b].error_njy * same.normal();
    const Plain fit = plain_fit(c, redrawn, detected);
    if (fit.chi2 == infinity) continue;
    masses.push_back(std::log10(fit.mass));
    ages.push_back(std::log10(c.grid.models[fit.model].age_myr) + 6);
  }
  if (masses.empty()) {
    RC_ASSERT(std::isnan(fast.log_mass_msun.low));
    return;
  }
  RC_ASSERT(std::abs(fast.log_mass_msun.low - statistics::quantile(masses, 0.16)) < 1e-6);
  RC_ASSERT(std::abs(fast.log_mass_msun.high - statistics::quantile(masses, 0.84)) < 1e-6);
  RC_ASSERT(std::abs(fast.log_age_yr.low - statistics::quantile(ages, 0.16)) < 1e-9);
  RC_ASSERT(std::abs(fast.log_age_yr.high - statistics::quantile(ages, 0.84)) < 1e-9);
}

// Brighter by a factor: more massive by that factor, all else the same. A power of two changes no digit.
RC_GTEST_PROP(FitGrid, MassScalesWithFlux, ()) {
  Case c = draw_case(*rc::gen::arbitrary<std::uint64_t>());
  Random one({.seed = c.seed, .purpose = "redraws"}), two({.seed = c.seed, .purpose = "redraws"});
  const SedResult before = fit_grid(c.grid, c.photometry, c.options, one);
  for (BandFlux& band : c.photometry) band = {64 * band.flux_njy, 64 * band.error_njy, 64 * band.limit_njy};
  const SedResult after = fit_grid(c.grid, c.photometry, c.options, two);
  RC_ASSERT(before.status == after.status);
  if (before.status != SedStatus::fitted) return;
  RC_ASSERT(before.best_model == after.best_model);
  RC_ASSERT(before.chi2 == after.chi2);
  RC_ASSERT(std::abs(after.log_mass_msun.best - before.log_mass_msun.best - std::log10(64)) < 1e-12);
  if (std::isnan(before.log_mass_msun.low)) return;
  RC_ASSERT(std::abs(after.log_mass_msun.low - before.log_mass_msun.low - std::log10(64)) < 1e-12);
  RC_ASSERT(before.log_age_yr.low == after.log_age_yr.low);
}

// The chi-squared of a model's own fluxes is 0, at any mass and any errors.
RC_GTEST_PROP(FitGrid, ExactModelHasNoChiSquared, ()) {
  Case c = draw_case(*rc::gen::arbitrary<std::uint64_t>());
  Random random({.seed = c.seed, .purpose = "redraws"});
  const std::size_t truth = 3 * random.index(c.grid.models.size() / 3);
  const double mass = std::pow(10, random.uniform(-3, 9));
  for (std::size_t b = 0; b < c.photometry.size(); ++b) {
    const double flux = mass * c.grid.flux(truth, b);
    c.photometry[b] = {flux, flux * random.uniform(0.001, 0.3), 0};
  }
  const SedResult fit = fit_grid(c.grid, c.photometry, c.options, random);
  RC_ASSERT(fit.status == SedStatus::fitted);
  RC_ASSERT(fit.best_model == truth);
  RC_ASSERT(fit.chi2 < 1e-18);
  RC_ASSERT(std::abs(fit.log_mass_msun.best - std::log10(mass)) < 1e-12);
}

}  // namespace
}  // namespace arcproof::sed

#include "engine/core/exponential_integral.h"
#include "engine/inference/ensemble_sampler.h"
#include "engine/population/mass_function.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace arcproof::population {
namespace {

// A double in [low, high], on 2^20 steps so that shrinking works.
rc::Gen<double> between(double low, double high) {
  return rc::gen::map(rc::gen::inRange(0, 1 << 20),
                      [=](int i) { return low + (high - low) * i / (1 << 20); });
}

Random stream(std::uint64_t seed) { return Random({.seed = seed, .purpose = "population_properties"}); }

// p E_{p+1} + x E_p = exp(-x) ties the series, the recurrence and the continued fraction together.
RC_GTEST_PROP(ExponentialIntegralProperty, ObeysItsRecurrence, ()) {
  const double p = *between(0.01, 6), x = std::pow(10, *between(-6, 2));
  const double left =
      p * generalised_exponential_integral(p + 1, x) + x * generalised_exponential_integral(p, x);
  RC_ASSERT(std::abs(left / std::exp(-x) - 1) < 1e-13);
}

RC_GTEST_PROP(ExponentialIntegralProperty, FallsWithOrderAndArgument, ()) {
  const double p = *between(0.01, 6), x = std::pow(10, *between(-6, 2));
  const double here = generalised_exponential_integral(p, x);
  RC_ASSERT(here > 0);
  RC_ASSERT(generalised_exponential_integral(1.001 * p, x) < here);
  RC_ASSERT(generalised_exponential_integral(p, 1.001 * x) < here);
}

std::vector<double> any_masses(double max_mass) {
  Random random = stream(*rc::gen::arbitrary<std::uint64_t>());
  const auto model =
      *rc::gen::arbitrary<bool>() ? MassFunctionModel::power_law : MassFunctionModel::schechter;
  return draw_masses(model, *between(-2.9, -1.1), *between(6.5, 8.9), 2e6, *rc::gen::inRange(3, 200), random,
                     max_mass);
}

// No other point of the prior is more likely than the maximum: neither far away nor close by.
RC_GTEST_PROP(MaximumPosteriorProperty, NothingIsMoreLikely, ()) {
  MassFunctionOptions options;
  if (*rc::gen::arbitrary<bool>()) options.max_mass_msun = 5e8;
  const auto masses = any_masses(options.max_mass_msun);
  const double min_mass = options.min_mass_msun, max_mass = options.max_mass_msun;
  const auto likelihood = [&](double b, double c) {
    return log_likelihood_schechter(b, c, masses, min_mass, max_mass);
  };
  const auto best = maximum_posterior(MassFunctionModel::schechter, masses, options);
  const double highest = likelihood(best[0], best[1]);
  const double nearness = std::pow(10, *between(-4, 0));
  for (int i = 0; i < 20; ++i) {
    const double beta = best[0] + nearness * (*between(-3, -1) - best[0]);
    const double log_cutoff = best[1] + nearness * (*between(std::log10(min_mass), 9) - best[1]);
    RC_ASSERT(likelihood(beta, log_cutoff) <= highest + 1e-9);
  }
}

RC_GTEST_PROP(MaximumPosteriorProperty, OfThePowerLawToo, ()) {
  MassFunctionOptions options;
  if (*rc::gen::arbitrary<bool>()) options.max_mass_msun = 5e8;
  const auto masses = any_masses(options.max_mass_msun);
  const double best = maximum_posterior(MassFunctionModel::power_law, masses, options)[0];
  const auto likelihood = [&](double b) {
    return log_likelihood_power_law(b, masses, 2e6, options.max_mass_msun);
  };
  const double beta = best + std::pow(10, *between(-5, 0)) * (*between(-3, -1) - best);
  RC_ASSERT(likelihood(beta) <= likelihood(best) + 1e-10);
}

// A Schechter function whose cut-off lies far beyond every mass is a power law: ln L differs by x sum t and N
// d ln Z, both small.
RC_GTEST_PROP(LikelihoodProperty, SchechterTendsToThePowerLaw, ()) {
  const auto masses = any_masses(1e9);
  const double beta = *between(-3, -1.3);
  const double difference =
      log_likelihood_schechter(beta, 25, masses, 2e6) - log_likelihood_power_law(beta, masses, 2e6);
  RC_ASSERT(std::abs(difference) < 1e-3);
}

// The stretch move does not see affine maps of the space: the same stream on the mapped density walks the
// mapped chain. 40 steps, so that no acceptance hangs on the rounding.
RC_GTEST_PROP(EnsembleSamplerProperty, IsAffineInvariant, ()) {
  const double a = *between(0.5, 2), b = *between(-1, 1), c = *between(-1, 1), d = *between(2, 3),
               shift = *between(-5, 5);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const auto density = [](double x, double y) { return -0.5 * (x * x + std::pow(y - x * x, 2)); };
  std::vector<double> plain, mapped;
  Random scatter = stream(seed);
  for (int walker = 0; walker < 20; ++walker) {
    const double x = scatter.normal(), y = scatter.normal();
    plain.insert(plain.end(), {x, y});
    mapped.insert(mapped.end(), {a * x + b * y + shift, c * x + d * y});
  }
  const double determinant = a * d - b * c;
  const auto mapped_density = [&](std::span<const double> at) {
    const double u = at[0] - shift, v = at[1];
    return density((d * u - b * v) / determinant, (a * v - c * u) / determinant);
  };
  RC_PRE(std::abs(determinant) > 0.1);
  Random first = stream(seed), second = stream(seed);
  const inference::EnsembleOptions options{.walkers = 20, .steps = 40};
  const auto one = inference::run_ensemble([&](std::span<const double> at) { return density(at[0], at[1]); },
                                           2, plain, options, first);
  const auto two = inference::run_ensemble(mapped_density, 2, mapped, options, second);
  RC_ASSERT(one.acceptance == two.acceptance);
  for (std::size_t i = 0; i < one.values.size(); i += 2) {
    const double x = one.values[i], y = one.values[i + 1];
    RC_ASSERT(std::abs(two.values[i] - (a * x + b * y + shift)) < 1e-8);
    RC_ASSERT(std::abs(two.values[i + 1] - (c * x + d * y)) < 1e-8);
  }
}

RC_GTEST_PROP(DrawMassesProperty, StayWithinTheirLimits, ()) {
  const double max_mass = std::pow(10, *between(6.5, 12));
  const auto masses = any_masses(max_mass);
  RC_ASSERT(*std::min_element(masses.begin(), masses.end()) >= 2e6);
  RC_ASSERT(*std::max_element(masses.begin(), masses.end()) <= max_mass);
}

}  // namespace
}  // namespace arcproof::population

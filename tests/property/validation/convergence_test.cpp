#include "validation/convergence.h"

#include "engine/core/random.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace arcproof::validation {
namespace {

Chains any_chains() {
  Random random({.seed = *rc::gen::arbitrary<std::uint64_t>(), .purpose = "convergence_properties"});
  const int count = *rc::gen::inRange(2, 6), length = *rc::gen::inRange(8, 120);
  const double rho = *rc::gen::inRange(-5, 10) / 10.0;
  Chains chains;
  for (int c = 0; c < count; ++c) {
    std::vector<double>& chain = chains.emplace_back(1, random.normal());
    while (static_cast<int>(chain.size()) < length) chain.push_back(rho * chain.back() + random.normal());
  }
  return chains;
}

template <class Function>
Chains mapped(Chains chains, const Function& f) {
  for (auto& chain : chains) std::transform(chain.begin(), chain.end(), chain.begin(), f);
  return chains;
}

// Equal, or both NaN: with few draws an extreme one can fall out with the odd middle, and the tail says
// nothing.
bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// Ranks do not see a rising map; bulk ESS is the same to the last bit.
RC_GTEST_PROP(ConvergenceProperty, BulkSeesRanksOnly, ()) {
  const Chains chains = any_chains();
  const Chains warped = mapped(chains, [](double x) { return std::exp(x / 4); });
  RC_ASSERT(same(effective_sample_size_bulk(chains), effective_sample_size_bulk(warped)));
}

// Doubling is exact in binary: everything that has no unit stays, errors double.
RC_GTEST_PROP(ConvergenceProperty, ScalesLikeItsUnits, ()) {
  const Chains chains = any_chains();
  const Chains twice = mapped(chains, [](double x) { return 2 * x; });
  RC_ASSERT(same(split_r_hat(chains), split_r_hat(twice)));
  RC_ASSERT(same(effective_sample_size_tail(chains), effective_sample_size_tail(twice)));
  RC_ASSERT(same(integrated_autocorrelation_time(chains), integrated_autocorrelation_time(twice)));
  RC_ASSERT(same(2 * mcse_quantile(chains, 0.3), mcse_quantile(twice, 0.3)));
  RC_ASSERT(same(2 * mcse_mean(chains), mcse_mean(twice)));
}

RC_GTEST_PROP(ConvergenceProperty, OrderOfChainsDoesNotMatter, ()) {
  const Chains chains = any_chains();
  const Chains turned(chains.rbegin(), chains.rend());
  RC_ASSERT(std::abs(split_r_hat(chains) / split_r_hat(turned) - 1) < 1e-9);
  RC_ASSERT(std::abs(effective_sample_size_bulk(chains) / effective_sample_size_bulk(turned) - 1) < 1e-6);
  RC_ASSERT(std::abs(integrated_autocorrelation_time(chains) / integrated_autocorrelation_time(turned) - 1) <
            1e-9);
}

RC_GTEST_PROP(ConvergenceProperty, WithinTheirRanges, ()) {
  const Chains chains = any_chains();
  const std::size_t half = chains.front().size() / 2;
  const double n = static_cast<double>(half), draws = 2 * n * static_cast<double>(chains.size());
  const double ess = effective_sample_size_bulk(chains);
  RC_ASSERT(ess > 0);
  RC_ASSERT(ess <= draws * std::log10(draws) * (1 + 1e-12));
  RC_ASSERT(split_r_hat(chains) >= std::sqrt((n - 1) / n) * (1 - 1e-12));  // B = 0
}

}  // namespace
}  // namespace arcproof::validation

// Mocks through a run's injections: an injection table whose law is known, and one that loses nothing.
#include "validation/studies/mass_function_recovery.h"

#include "engine/core/random.h"

#include <cmath>
#include <map>
#include <string>

#include <gtest/gtest.h>

namespace arcproof::studies {
namespace {

// Two images of some clumps; half found at 10^5.8 Msun by what was measured; a scatter of 0.25 dex, stated as
// 0.4.
RecoveryInput injected(int clumps) {
  RecoveryInput input;
  Random random({.seed = 21, .purpose = "recovery_test"});
  for (int c = 0; c < clumps; ++c) {
    const double l = random.uniform(4.8, 8.6);
    const int images = random.uniform() < 0.3 ? 2 : 1;
    for (int i = 0; i < images; ++i) {
      population::InjectedClumpImage image{c, l, images == 2 ? 4.0 : 1.5};
      image.measured = {l + 0.25 * random.normal(), 0.4, 7, 0};
      image.recovered = random.uniform() < 1 / (1 + std::exp((5.8 - image.measured.log_mass_msun) / 0.25));
      image.snr = image.measured.log_mass_msun;
      input.images.push_back(image);
      input.realisation.push_back(c / 8);
    }
  }
  input.drawn = {std::pow(10, 4.8), std::pow(10, 8.6)};
  input.cuts.min_mass_msun = std::pow(10, 5.5);
  input.cuts.max_mass_msun = std::pow(10, 7.5);
  input.cuts.beta_low = -3.5;
  return input;
}

RecoveryOptions few() {
  RecoveryOptions o;
  o.mocks = 60;
  o.clusters = 100;
  o.injections = 8000;
  o.slopes = {-1.6, -2.2};
  o.prior_mocks = 60;
  return o;
}

// Seed 5. The bias of 60 mocks is below 0.05 plus 3.3 standard errors, the uncorrected one above 2 scatters;
// 68% intervals cover in 0.68 +- 0.2 (3.3 sigma of 60 trials); ranks within 1.5 times the 95% band
// (false-alarm rate 1e-3).
TEST(MassFunctionRecovery, FindsWhatWasPutIn) {
  const auto tables = mass_function_recovery(injected(3000), few(), 5, 2);
  const io::Table& t = tables.front();
  ASSERT_EQ(t.rows(), 2u);
  for (std::size_t i = 0; i < t.rows(); ++i) {
    EXPECT_EQ(t.integers("n_fits")[i], 60);
    EXPECT_LT(std::abs(t.reals("bias")[i]), 0.05 + 3.3 * t.reals("bias_err")[i]) << i;
    EXPECT_GT(t.reals("published_bias")[i], 2 * t.reals("published_scatter")[i]) << i;
    EXPECT_NEAR(t.reals("coverage")[i], 0.68, 0.2) << i;
  }
  validation::Metrics metrics;
  set_recovery_metrics(tables, metrics);
  const std::map<std::string, double> all(metrics.all().begin(), metrics.all().end());
  const auto value = [&](const std::string& name) { return all.at(name); };
  EXPECT_LT(value("recovery.calibration"), 1.5);
  EXPECT_EQ(value("recovery.mocks"), 60);
  EXPECT_EQ(value("recovery.failed"), 0);
  for (const std::string& name : names_of(recovery_metrics(few()))) EXPECT_TRUE(all.contains(name)) << name;
  EXPECT_EQ(all.size(), names_of(recovery_metrics(few())).size());
}

TEST(MassFunctionRecovery, DoesNotDependOnThreads) {
  RecoveryOptions o = few();
  o.mocks = 4;
  o.prior_mocks = 4;
  o.log_cutoff = 6.5;
  o.cutoff_clusters = 60;
  const auto a = mass_function_recovery(injected(800), o, 5, 1),
             b = mass_function_recovery(injected(800), o, 5, 2);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t t = 0; t < a.size(); ++t)
    for (std::size_t c = 0; c < a[t].columns().size(); ++c) {
      const auto *x = std::get_if<io::Reals>(&a[t].columns()[c].values),
                 *y = std::get_if<io::Reals>(&b[t].columns()[c].values);
      if (!x) continue;
      for (std::size_t i = 0; i < x->size(); ++i)
        EXPECT_TRUE((*x)[i] == (*y)[i] || (std::isnan((*x)[i]) && std::isnan((*y)[i])))
            << a[t].name() << a[t].columns()[c].name;
    }
}

}  // namespace
}  // namespace arcproof::studies

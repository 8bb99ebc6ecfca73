// The corrected mass function: injections counted by clump, an analytic posterior, and what cannot be fitted.
// Lensed mocks and the sampler's twin: tests/property/engine/population/corrected_test.cpp.
#include "engine/population/corrected.h"

#include "engine/core/error.h"
#include "engine/core/random.h"

#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include <boost/math/special_functions/gamma.hpp>
#include <gtest/gtest.h>

namespace arcproof::population {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// ---- counting

TEST(InjectionsByClump, CountClumpsAndWeightThemByTheirPlace) {
  const auto image = [](std::int64_t clump, double mu, bool recovered, double snr, double measured) {
    return InjectedClumpImage{
        clump, 7 + 0.1 * static_cast<double>(clump), mu, recovered, snr, {measured, 0.1, 7, 0}};
  };
  const std::vector<InjectedClumpImage> images = {
      image(3, 2, false, nan, nan),   image(1, 4, true, 5, 6.0),  // below the cut, but not the best image
      image(1, 1, true, 9, 6.5),      image(2, 4, true, 9, 6.0),  // the best image is below the cut
      image(2, 4, true, 5, 6.5),      image(3, 2, true, nan, 7),  // recovered, S/N not known
      image(4, nan, false, nan, nan),                             // drawn, and seen nowhere
      image(5, 1, true, 9, nan)};                                 // no mass measured
  const auto injections = injections_by_clump(images, {1e6, 1e9}, {});
  ASSERT_EQ(injections.size(), 5u);
  const double mean = (1 / 4.0 + 1 / 5.0 + 1 / 8.0 + 1 / 1.0) / 4;
  const std::vector<std::tuple<double, bool, double>> expected = {{7.3, true, 0.25 / mean},
                                                                  {7.1, true, 0.2 / mean},
                                                                  {7.2, false, 0.125 / mean},
                                                                  {7.4, false, 1.0},
                                                                  {7.5, false, 1 / mean}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_DOUBLE_EQ(injections[i].log_mass_msun, std::get<0>(expected[i])) << i;
    EXPECT_EQ(injections[i].found, std::get<1>(expected[i])) << i;
    EXPECT_DOUBLE_EQ(injections[i].weight, std::get<2>(expected[i])) << i;
    EXPECT_DOUBLE_EQ(std::exp(injections[i].log_draw_density), 1 / 3.0) << i;
  }
}

// Clumps drawn twice as often as they should be at one place weigh half; images of a clump add up.
TEST(InjectionsByClump, PlacesWeighByTheDensityTheyWereDrawnWith) {
  const auto image = [](std::int64_t clump, double mu, double place_weight) {
    InjectedClumpImage one{clump, 7, mu};
    one.place_weight = place_weight;
    return one;
  };
  const std::vector<InjectedClumpImage> images = {image(1, 4, 0.5), image(2, 4, 1.25), image(2, 2, 0.25),
                                                  image(3, 4, nan), image(4, nan, 3)};
  const std::vector<double> plain = {0.5 / 4, 1.5 / 6, 1.0 / 4};
  const double mean = (plain[0] + plain[1] + plain[2]) / 3;
  const auto injections = injections_by_clump(images, {1e6, 1e9}, {});
  for (std::size_t i = 0; i < 3; ++i) EXPECT_DOUBLE_EQ(injections[i].weight, plain[i] / mean) << i;
  EXPECT_EQ(injections[3].weight, 1);  // seen nowhere
  const auto measured = measured_by_clump(images, {1e6, 1e9}, {});
  for (std::size_t i = 0; i < 3; ++i) EXPECT_DOUBLE_EQ(measured[i].weight, plain[i] / mean) << i;
}

TEST(InjectionsByClump, RefusesImagesOfDifferentMass) {
  EXPECT_THROW(injections_by_clump(std::vector<InjectedClumpImage>{{1, 7}, {1, 7.1}}, {1e6, 1e9}, {}),
               ContractError);
  EXPECT_THROW(injections_by_clump(std::vector<InjectedClumpImage>{{1, 7}}, {1e6, 1e6}, {}), ContractError);
}

TEST(InjectionsByClump, AnOldClumpIsNotFound) {
  InjectedClumpImage image{1, 7, 1, true, 9, {7, 0.1, 8.1, 0}};
  EXPECT_FALSE(injections_by_clump(std::vector{image}, {1e6, 1e9}, {})[0].found);
  image.measured.log_age_yr = 7.9;
  EXPECT_TRUE(injections_by_clump(std::vector{image}, {1e6, 1e9}, {})[0].found);
}

// ---- posteriors

// Injections on a regular grid of masses, all above the cut found: xi is the population above the cut.
std::vector<Injection> complete(int count, double low, double high) {
  std::vector<Injection> all;
  const double log_cut = std::log10(MassFunctionOptions{}.min_mass_msun);
  for (int i = 0; i < count; ++i) {
    const double l = low + (high - low) * (i + 0.5) / count;
    all.push_back({l, -std::log(high - low), l > log_cut, 1});
  }
  return all;
}

std::vector<ClusterMass> exact_masses(double beta, int count, double sigma) {
  std::vector<ClusterMass> clusters;
  Random random({.seed = 5, .purpose = "corrected_test"});
  for (const double mass : draw_masses(MassFunctionModel::power_law, beta, 0, 2e6, count, random))
    clusters.push_back({std::log10(mass), sigma, 7, 0});
  return clusters;
}

// Nothing lost, no errors: -(beta + 1) has the posterior Gamma(N + 1, sum ln(M / M_min)), cut to (0, 2) by
// the prior. 1e-3: the grid of injections ends at the cut to within half its step of 2e-4 dex.
TEST(CorrectedMassFunction, IsTheGammaPosteriorOfACompleteCatalogue) {
  const auto clusters = exact_masses(-1.9, 80, 0);
  double sum = 0;
  for (const ClusterMass& c : clusters) sum += std::log(10) * (c.log_mass_msun - std::log10(2e6));
  const double total = boost::math::gamma_p(81, 2 * sum);
  const CorrectedFit fit =
      correct_mass_function(MassFunctionModel::power_law, clusters, complete(40000, 5, 13), 2e6, {});
  ASSERT_EQ(fit.status, CorrectedStatus::ok) << fit.message;
  const CorrectedParameter& p = fit.parameters[0];
  const auto quantile = [&](double q) { return -1 - boost::math::gamma_p_inv(81, (1 - q) * total) / sum; };
  EXPECT_NEAR(p.median, quantile(0.5), 1e-3);
  EXPECT_NEAR(p.median - std::sqrt(std::pow(p.median - p.low, 2) - std::pow(p.monte_carlo_error, 2)),
              quantile(0.16), 1e-3);
  EXPECT_NEAR(p.median + std::sqrt(std::pow(p.high - p.median, 2) - std::pow(p.monte_carlo_error, 2)),
              quantile(0.84), 1e-3);
}

// ---- what cannot be fitted is data

CorrectedFit power_law(const std::vector<ClusterMass>& clusters, const std::vector<Injection>& injections,
                       double lowest = 1e5) {
  return correct_mass_function(MassFunctionModel::power_law, clusters, injections, lowest, {});
}

TEST(CorrectedMassFunction, SaysWhatIsMissing) {
  const auto clusters = exact_masses(-2, 40, 0.2);
  const auto expect = [](const CorrectedFit& fit, CorrectedStatus status) {
    EXPECT_EQ(fit.status, status) << fit.message;
    EXPECT_FALSE(fit.message.empty());
    ASSERT_EQ(fit.parameters.size(), 1u);
    EXPECT_TRUE(std::isnan(fit.parameters[0].median) && std::isnan(fit.parameters[0].low) &&
                std::isnan(fit.parameters[0].high));
  };
  expect(power_law({clusters[0], clusters[1]}, complete(4000, 5, 10)), CorrectedStatus::too_few_clusters);
  auto without = clusters;
  without[3].log_mass_error = nan;
  expect(power_law(without, complete(4000, 5, 10)), CorrectedStatus::no_mass_errors);
  expect(power_law(clusters, complete(4000, 5, 6)), CorrectedStatus::nothing_found);
  expect(power_law(clusters, {}), CorrectedStatus::nothing_found);
  expect(power_law(clusters, complete(4000, 5, 7)), CorrectedStatus::injections_do_not_cover);

  const CorrectedFit few = power_law(clusters, complete(300, 5, 10));
  expect(few, CorrectedStatus::too_few_injections);
  EXPECT_LE(few.effective_injections, 160);
  EXPECT_NE(few.message.find("need about"), std::string::npos);
  // That many are enough, to a tenth.
  const int needed = static_cast<int>(few.injections_needed);
  EXPECT_GT(needed, 300);
  EXPECT_EQ(power_law(clusters, complete(needed * 11 / 10, 5, 10)).status, CorrectedStatus::ok);
  EXPECT_EQ(power_law(clusters, complete(needed * 9 / 10, 5, 10)).status,
            CorrectedStatus::too_few_injections);
}

TEST(CorrectedMassFunction, ThePopulationReachesDownToTheCut) {
  EXPECT_THROW(power_law(exact_masses(-2, 40, 0.2), complete(4000, 5, 10), 3e6), ContractError);
}

}  // namespace
}  // namespace arcproof::population

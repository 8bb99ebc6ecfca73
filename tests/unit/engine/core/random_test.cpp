#include "engine/core/random.h"

#include "engine/core/statistics.h"

#include <cmath>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof {
namespace {

// Streams are part of the promise of reproducibility: these bits may never change. They were produced by an
// independent implementation of the naming scheme (tests/reference/generators/random_streams.py: hashlib and
// a PCG64 in Python integers).
TEST(Random, StreamsGiveTheSameBitsForEver) {
  Random noise({.seed = 0, .purpose = "noise", .realisation = 3, .clump = -1, .band = "F150W"});
  EXPECT_EQ(noise.bits(), 10730396922302622571u);
  EXPECT_EQ(noise.bits(), 8011875660742826054u);
  Random other({.seed = 42, .purpose = "population", .realisation = 0, .clump = 7});
  EXPECT_EQ(other.bits(), 404105559756038961u);
}

TEST(Random, EveryPartOfTheNameMatters) {
  const std::vector<StreamName> names = {{},
                                         {.seed = 1},
                                         {.purpose = "a"},
                                         {.realisation = 0},
                                         {.clump = 0},
                                         {.band = "a"},
                                         {.purpose = "a", .band = "b"},
                                         {.purpose = "ab"},
                                         {.purpose = {}, .band = "ab"}};
  std::set<std::uint64_t> first;
  for (const StreamName& name : names) first.insert(Random(name).bits());
  EXPECT_EQ(first.size(), names.size());
}

// 20,000 draws; each bound is 5 standard errors: false-alarm rate 6e-7 a check.
TEST(Random, DistributionsHaveTheirMoments) {
  constexpr int n = 20000;
  Random random({.seed = 1, .purpose = "moments"});
  std::vector<double> normal, uniform, poisson;
  for (int i = 0; i < n; ++i) {
    normal.push_back(random.normal());
    uniform.push_back(random.uniform());
    poisson.push_back(static_cast<double>(random.poisson(3.7)));
  }
  using namespace statistics;
  EXPECT_NEAR(mean(normal), 0, 5 / std::sqrt(n));
  EXPECT_NEAR(standard_deviation(normal), 1, 5 / std::sqrt(2.0 * n));
  EXPECT_NEAR(mean(uniform), 0.5, 5 / std::sqrt(12.0 * n));
  EXPECT_NEAR(mean(poisson), 3.7, 5 * std::sqrt(3.7 / n));
  EXPECT_NEAR(standard_deviation(poisson) * standard_deviation(poisson), 3.7,
              5 * std::sqrt((3.7 + 2 * 3.7 * 3.7) / n));
}

}  // namespace
}  // namespace arcproof

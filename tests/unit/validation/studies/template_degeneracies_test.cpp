#include "validation/studies/template_degeneracies.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::studies {
namespace {

// Spearman's coefficient is not one of values but of their order; -29/165 is the textbooks' example of hours
// before the television and intelligence.
TEST(RankCorrelation, IsSpearmans) {
  EXPECT_NEAR(rank_correlation({1, 2, 3, 4}, {1, 8, 27, 1e9}), 1, 1e-12);
  EXPECT_NEAR(rank_correlation({1, 2, 3, 4}, {5, 4, 0, -1e9}), -1, 1e-12);
  EXPECT_NEAR(rank_correlation({106, 100, 86, 101, 99, 103, 97, 113, 112, 110},
                               {7, 27, 2, 50, 28, 29, 20, 12, 6, 17}),
              -29.0 / 165, 1e-12);
  EXPECT_NEAR(rank_correlation({1, 2, 2, 3}, {1, 3, 2, 4}), 4.5 / std::sqrt(4.5 * 5),
              1e-12);  // ranks 1, 2.5, 2.5, 4
  const double nan = std::nan("");
  EXPECT_NEAR(rank_correlation({1, nan, 2, 3, 4}, {1, 0, 8, 27, 64}), 1, 1e-12);
  EXPECT_TRUE(std::isnan(rank_correlation({1, 2, nan}, {1, 2, 3})));
  EXPECT_TRUE(std::isnan(rank_correlation({1, 1, 1}, {1, 2, 3})));
}

/// Four clumps, fitted with their own template a and with b, which finds them 0.3 dex older and in another
/// order; b's own clumps have no fits.
io::Table two_templates() {
  io::Table t("CLUMPS");
  const double nan = std::nan("");
  t.add("truth_template", "", "", io::Texts{"a", "a", "a", "a", "a", "a", "a", "a", "b", "b"});
  t.add("analysis_template", "", "", io::Texts{"a", "a", "a", "a", "b", "b", "b", "b", "b", "b"});
  t.add("same_template", "", "", io::Flags{true, true, true, true, false, false, false, false, true, true});
  const auto add = [&](const std::string& name, const io::Reals& truth, const io::Reals& fitted) {
    t.add("true_" + name, "", "", truth);
    t.add(name, "", "", fitted);
  };
  add("log_age_yr", {7, 8, 9, 6, 7, 8, 9, 6, 7, 8}, {7.1, 8.2, 8.7, 6.0, 7.4, 9.4, 8.0, 6.3, nan, nan});
  add("av_mag", {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {0.9, 0.8, 1.3, 1.0, 9, 9, 9, 9, nan, nan});
  add("log_metallicity", {-2, -2, -2, -2, -2, -2, -2, -2, -2, -2},
      {-2, -1, -1, -2, -3, -3, -3, -3, nan, nan});
  return t;
}

// Errors of age 0.1, 0.2, -0.3, 0; of A_V -0.1, -0.2, 0.3, 0: each the other's opposite. Of log Z 0, 1, 1, 0
// (ranks 1.5, 3.5, 3.5, 1.5) against ranks 3, 4, 1, 2 of age: 0.
TEST(TemplateDegeneracies, AreCorrelationsOfErrors) {
  const io::Table t = degeneracy_table(two_templates());
  EXPECT_EQ(t.texts("template"), (io::Texts{"a", "b", "all"}));
  EXPECT_EQ(t.integers("n_fitted"), (io::Integers{4, 0, 4}));
  for (const std::size_t row : {0U, 2U}) {
    EXPECT_NEAR(t.reals("age_dust_correlation")[row], -1, 1e-12);
    EXPECT_NEAR(t.reals("age_metallicity_correlation")[row], 0, 1e-12);
  }
  EXPECT_TRUE(std::isnan(t.reals("age_dust_correlation")[1]));
}

TEST(TemplateDegeneracies, CompareAgesClumpByClump) {
  const io::Table t = history_table(two_templates());
  ASSERT_EQ(t.rows(), 1U);
  EXPECT_EQ(t.texts("truth_template")[0], "a");
  EXPECT_EQ(t.texts("template_a")[0], "a");
  EXPECT_EQ(t.texts("template_b")[0], "b");
  EXPECT_EQ(t.integers("n_fitted")[0], 4);
  EXPECT_NEAR(t.reals("age_correlation")[0], 0.8, 1e-12);  // ranks 2, 3, 4, 1 and 2, 4, 3, 1: 1 - 6 2 / 60
  EXPECT_NEAR(t.reals("age_shift")[0], 0.3, 1e-12);        // of 0.3, 1.2, -0.7, 0.3
}

}  // namespace
}  // namespace arcproof::studies

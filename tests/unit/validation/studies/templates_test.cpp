#include "validation/studies/templates.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::studies {
namespace {

io::Table by_hand() {
  io::Table t("CLUMPS");
  t.add("truth_template", "", "", io::Texts{"a", "a", "a", "a"});
  t.add("analysis_template", "", "", io::Texts{"b", "b", "b", "b"});
  t.add("same_template", "", "", io::Flags{false, false, false, false});
  t.add("status", "", "", io::Texts{"fitted", "fitted", "fitted", "too_few_bands"});
  t.add("z", "", "", io::Reals{1, 1, 2, 2});
  const double nan = std::nan("");
  t.add("chi2_reduced", "", "", io::Reals{1, 3, 2, nan});
  for (const std::string q :
       {"log_age_yr", "log_mass_weighted_age_yr", "log_mass_msun", "av_mag", "log_metallicity"}) {
    t.add("true_" + q, "", "", io::Reals{7.1, 7.4, 7.5, 8.9});
    t.add(q, "", "", io::Reals{7.2, 7.7, 7.7, nan});
    t.add(q + "_lo", "", "", io::Reals{7.0, 7.6, 7.4, nan});
    t.add(q + "_hi", "", "", io::Reals{7.3, 7.8, 7.8, nan});
  }
  return t;
}

TEST(TemplateTables, AreMediansOfTheFitted) {
  const std::vector<io::Table> tables = template_tables(0.5, by_hand());
  const io::Table &pairs = tables[0], &age = tables[1], &redshift = tables[2];
  ASSERT_EQ(pairs.rows(), 1U);
  EXPECT_EQ(pairs.integers("n_drawn")[0], 4);
  EXPECT_EQ(pairs.integers("n_fitted")[0], 3);
  EXPECT_NEAR(pairs.reals("av_mag_offset")[0], 0.2, 1e-12);        // of 0.1, 0.3, 0.2
  EXPECT_NEAR(pairs.reals("av_mag_scatter")[0], 0.068, 1e-12);     // quantiles 0.132 and 0.268
  EXPECT_NEAR(pairs.reals("av_mag_coverage")[0], 2.0 / 3, 1e-12);  // 7.4 is not in 7.6 ... 7.8
  EXPECT_NEAR(pairs.reals("chi2_reduced_median")[0], 2, 1e-12);
  EXPECT_EQ(age.reals("log_age_low"), (io::Reals{7.0, 7.5, 8.5}));
  EXPECT_EQ(age.reals("log_age_high"), (io::Reals{7.5, 8.0, 9.0}));
  EXPECT_EQ(age.integers("n_fitted"), (io::Integers{2, 1, 0}));
  EXPECT_NEAR(age.reals("log_mass_msun_offset")[1], 0.2, 1e-12);
  EXPECT_TRUE(std::isnan(age.reals("log_mass_msun_offset")[2]));
  EXPECT_EQ(redshift.reals("z"), (io::Reals{1, 2}));
  EXPECT_NEAR(redshift.reals("log_age_yr_offset")[0], 0.2, 1e-12);
}

}  // namespace
}  // namespace arcproof::studies

#include "engine/sed/fits/prior_sensitivity.h"

#include "engine/core/random.h"
#include "engine/inference/summary.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

// Draws of age uniform between two ages [Myr], mass following age with the power 0.7. Seed 81.
SedPosterior draws_between(double low_myr, double high_myr) {
  Random random({.seed = 81, .purpose = "prior"});
  SedPosterior fit;
  std::vector<double> ages, masses;
  for (int i = 0; i < 4000; ++i) {
    PosteriorDraw draw;
    draw.log_age_yr = 6 + std::log10(random.uniform(low_myr, high_myr));
    draw.log_mass_msun = 6 + 0.7 * (draw.log_age_yr - 7);
    ages.push_back(draw.log_age_yr);
    masses.push_back(draw.log_mass_msun);
    fit.draws.push_back(draw);
  }
  static_cast<inference::Summary&>(fit.log_age_yr) = inference::summary_of(ages);
  static_cast<inference::Summary&>(fit.log_mass_msun) = inference::summary_of(masses);
  return fit;
}

// Uniform in age between a and b is, under a prior uniform in log age, uniform in log age: median sqrt(a b).
TEST(PriorSensitivity, WeighsDrawsToTheOtherPrior) {
  const SedPosterior flat = draws_between(10, 4000);
  const PriorSensitivity other = prior_sensitivity(flat, AgePrior::uniform);
  EXPECT_NEAR(other.log_age_yr, 6 + 0.5 * std::log10(10 * 4000.0), 0.1);
  EXPECT_NEAR(other.log_mass_msun, 6 + 0.7 * (other.log_age_yr - 7), 1e-9);
  EXPECT_TRUE(other.prior_dominated);
}

TEST(PriorSensitivity, DataThatKnowTheAgeAreNotThePrior) {
  EXPECT_FALSE(prior_sensitivity(draws_between(95, 105), AgePrior::uniform).prior_dominated);
  EXPECT_FALSE(prior_sensitivity({}, AgePrior::uniform).prior_dominated);
}

}  // namespace
}  // namespace arcproof::sed

// Tables of population.fits from mock catalogues of known truth: closed forms, and relations that were put
// in.
#include "validation/studies/population.h"

#include "engine/core/missing.h"
#include "engine/core/random.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace arcproof::studies {
namespace {

PopulationOptions options() {
  return {.cosmology = {}, .reference_band = "f150w", .has_sed = true, .seed = 1, .threads = 1};
}

struct Clump {
  double z = 1.4, log_mass = 6, log_age = 7, radius = 10, absmag = -16;
  bool limit = false;
  double weight = 1;
  bool selected = true, counter_image = false, fitted = true;
};

constexpr double mass_error = 0.1, age_error = 0.2, radius_error_dex = 0.05, mag_error = 0.1;

io::Table catalogue(const std::vector<Clump>& clumps) {
  io::Table t("CATALOG");
  const auto real = [&](const std::string& name, auto get) {
    io::Reals values;
    for (const Clump& c : clumps) values.push_back(get(c));
    t.add(name, "", "", std::move(values));
  };
  real("z", [](const Clump& c) { return c.z; });
  real("weight", [](const Clump& c) { return c.weight; });
  real("log_mass_msun", [](const Clump& c) { return c.log_mass; });
  real("log_mass_msun_q16", [](const Clump& c) { return c.log_mass - mass_error; });
  real("log_mass_msun_q84", [](const Clump& c) { return c.log_mass + mass_error; });
  real("log_age_yr", [](const Clump& c) { return c.log_age; });
  real("log_age_yr_q16", [](const Clump& c) { return c.log_age - age_error; });
  real("log_age_yr_q84", [](const Clump& c) { return c.log_age + age_error; });
  real("radius_pc", [](const Clump& c) { return c.radius; });
  for (const char* name : {"radius_pc_err_minus", "radius_pc_err_plus"})
    real(name, [](const Clump& c) { return radius_error_dex * std::log(10.0) * c.radius; });
  real("absmag_f150w", [](const Clump& c) { return c.absmag; });
  real("absmag_f150w_err", [](const Clump&) { return mag_error; });
  io::Flags selected, limit;
  io::Texts status;
  io::Integers counter;
  for (const Clump& c : clumps) {
    selected.push_back(c.selected);
    limit.push_back(c.limit);
    status.emplace_back(c.fitted ? "fitted" : "too_few_bands");
    counter.push_back(c.counter_image ? 1 : io::missing_integer);
  }
  t.add("selected", "", "", selected);
  t.add("radius_is_upper_limit", "", "", limit);
  t.add("sed_status", "", "", status);
  t.add("counter_image_of", "", "", counter);
  t.add("host", "", "", io::Texts(clumps.size(), "arc"));
  return t;
}

std::size_t row_of(const io::Table& t, const char* column, const std::string& name, double z_low) {
  for (std::size_t i = 0; i < t.rows(); ++i)
    if (t.texts(column)[i] == name && t.reals("z_low")[i] == z_low) return i;
  ADD_FAILURE() << name << " at " << z_low << " is missing";
  return 0;
}

// Age of a flat universe of matter and Lambda in closed form [Myr], H0 = 70, Om = 0.3: the other code
// integrates.
double age_of_universe_myr(double z) {
  const double hubble_time = 977792.22168 / 70, lambda = 0.7;
  return 2.0 / 3 * hubble_time / std::sqrt(lambda) *
         std::asinh(std::sqrt(lambda / 0.3) * std::pow(1 + z, -1.5));
}

TEST(PopulationResults, FormationRedshiftIsThatOfTheUniversesAgeThen) {
  std::vector<Clump> clumps;
  for (const double formed : {3.0, 4.5, 7.0}) {
    Clump c{.z = 2};
    c.log_age = 6 + std::log10(age_of_universe_myr(2) - age_of_universe_myr(formed));
    clumps.push_back(c);
  }
  const io::Table t = population_table(options(), catalogue(clumps));
  const std::size_t row = row_of(t, "quantity", "formation_redshift", 0);
  EXPECT_EQ(t.integers("n")[row], 3);
  EXPECT_NEAR(t.reals("median")[row], 4.5, 2e-3);
  const io::Table one_by_one = formation_table(options(), catalogue(clumps));
  ASSERT_EQ(one_by_one.rows(), 3u);
  const double older = age_of_universe_myr(2) - std::pow(10, clumps[0].log_age - 6 + age_error);
  EXPECT_NEAR(one_by_one.reals("formation_redshift")[2], 7, 5e-3);
  EXPECT_NEAR(age_of_universe_myr(one_by_one.reals("q84")[0]), older, 0.5);
  EXPECT_EQ(one_by_one.integers("catalogue_row"), (io::Integers{0, 1, 2}));
  // Older than the Universe: no formation redshift.
  clumps[0].log_age = 10.2;
  clumps.push_back({.z = 2, .log_age = 8});
  const io::Table without = population_table(options(), catalogue(clumps));
  EXPECT_EQ(without.integers("n")[row_of(without, "quantity", "formation_redshift", 0)], 3);
}

// Sigma = M / (2 pi R^2) of resolved clumps; limits are counted and left out; what is not selected, or is a
// counter image, is not there at all.
TEST(PopulationResults, SurfaceDensitiesAreOfResolvedClumps) {
  std::vector<Clump> clumps;
  for (const double log_mass : {5.0, 6.0, 7.0}) clumps.push_back({.log_mass = log_mass, .radius = 5});
  clumps.push_back({.log_mass = 8, .radius = 1, .limit = true});
  clumps.push_back({.log_mass = 9, .selected = false});
  clumps.push_back({.log_mass = 9, .counter_image = true});
  clumps.push_back({.log_mass = 9, .radius = 5, .fitted = false});  // a size, no mass
  const io::Table t = population_table(options(), catalogue(clumps));
  const std::size_t density = row_of(t, "quantity", "log_density_msun_pc2", 0),
                    mass = row_of(t, "quantity", "log_mass_msun", 0),
                    radius = row_of(t, "quantity", "radius_pc", 0);
  EXPECT_EQ(t.integers("n")[density], 3);
  EXPECT_EQ(t.integers("n_limits")[density], 1);
  EXPECT_NEAR(t.reals("median")[density], 6 - std::log10(2 * std::numbers::pi * 25), 1e-12);
  EXPECT_EQ(t.integers("n")[mass], 4);
  EXPECT_EQ(t.integers("n_limits")[mass], 0);
  EXPECT_EQ(t.integers("n")[radius], 4);
}

// Half of the light clumps and all heavy ones are found: weights 2 and 1 bring back the median of all.
TEST(PopulationResults, WeightsBringBackWhatWasLost) {
  std::vector<Clump> clumps;
  for (int i = 0; i < 50; ++i) clumps.push_back({.log_mass = 5 + 0.02 * i, .weight = 2});
  for (int i = 0; i < 100; ++i) clumps.push_back({.log_mass = 6 + 0.01 * i});
  const io::Table t = population_table(options(), catalogue(clumps));
  const std::size_t row = row_of(t, "quantity", "log_mass_msun", 0);
  EXPECT_NEAR(t.reals("median")[row], 6.25, 0.01);
  EXPECT_NEAR(t.reals("corrected_median")[row], 6, 0.02);
  EXPECT_NEAR(t.reals("corrected_q16")[row], 5.32, 0.02);
  EXPECT_NEAR(t.reals("corrected_q84")[row], 6.68, 0.02);
}

// Pi = age / (10 sqrt(R^3 / G M)): P(Pi > 1) = Phi(ln Pi / sigma), sigma from the errors of age, size, mass.
TEST(PopulationResults, BoundFractionIsTheMeanProbability) {
  constexpr double g = 4.30091e-3 * 1.0227121650537077 * 1.0227121650537077;  // pc^3 / (Msun Myr^2)
  const auto probability = [&](const Clump& c) {
    const double crossing = 10 * std::sqrt(std::pow(c.radius, 3) / (g * std::pow(10, c.log_mass)));
    const double pi = std::pow(10, c.log_age - 6) / crossing;
    const double size_error = c.limit ? 0 : radius_error_dex;
    const double sigma = std::log(10.0) * std::sqrt(age_error * age_error + 2.25 * size_error * size_error +
                                                    0.25 * mass_error * mass_error);
    return 0.5 * std::erfc(-std::log(pi) / sigma / std::numbers::sqrt2);
  };
  const std::vector<Clump> clumps = {{.log_mass = 6, .log_age = 6.6, .radius = 5, .weight = 3},
                                     {.log_mass = 5, .log_age = 7.2, .radius = 20},
                                     {.log_mass = 6.5, .log_age = 6.3, .radius = 8, .limit = true}};
  double plain = 0, weighted = 0;
  for (const Clump& c : clumps) {
    plain += probability(c) / 3;
    weighted += c.weight * probability(c) / 5;
  }
  const io::Table t = bound_table(options(), catalogue(clumps));
  ASSERT_EQ(t.rows(), 1u);
  EXPECT_GT(plain, 0.1);
  EXPECT_LT(plain, 0.9);
  EXPECT_NEAR(t.reals("fraction")[0], plain, 1e-4);
  EXPECT_NEAR(t.reals("corrected_fraction")[0], weighted, 1e-4);
}

// Seed 41: two bins of redshift with 80 clumps each, sizes that follow log R = a + b (x - pivot) with 0.1 dex
// scatter, one size in five below the limit of 6 pc. Six numbers within 3.6 half-widths of the truth
// (false-alarm rate 2e-3 together).
TEST(PopulationResults, RelationsAreFoundInEachBinOfRedshift) {
  Random random({.seed = 41, .purpose = "population_results"});
  std::vector<Clump> clumps;
  const double slopes[] = {0.3, 0.1}, intercepts[] = {1.1, 0.9};
  int limits = 0;
  for (int bin = 0; bin < 2; ++bin)
    for (int i = 0; i < 80; ++i) {
      Clump c{.z = bin ? 3.0 : 1.4};
      const double light = 6.4 + 0.5 * random.normal();  // -0.4 M_AB
      double log_radius = intercepts[bin] + slopes[bin] * (light - 6.4) + 0.1 * random.normal();
      c.absmag = -2.5 * light + mag_error * random.normal();
      c.log_mass = 6 + (light - 6.4) + mass_error * random.normal();
      log_radius += radius_error_dex * random.normal();
      c.limit = log_radius < std::log10(6.0);
      limits += c.limit;
      c.radius = c.limit ? 6.0 : std::pow(10, log_radius);
      clumps.push_back(c);
    }
  EXPECT_GT(limits, 8);
  const io::Table t = relations_table(options(), catalogue(clumps));
  const auto pull = [&](const std::string& relation, double z_low, const std::string& parameter,
                        double truth) {
    for (std::size_t i = 0; i < t.rows(); ++i)
      if (t.texts("relation")[i] == relation && t.reals("z_low")[i] == z_low &&
          t.texts("parameter")[i] == parameter && (z_low > 0 || t.reals("z_high")[i] == 20))
        return (t.reals("median")[i] - truth) / (0.5 * (t.reals("q84")[i] - t.reals("q16")[i]));
    ADD_FAILURE() << relation << z_low << parameter;
    return 0.0;
  };
  for (int bin = 0; bin < 2; ++bin) {
    const double z = bin ? 2 : 1;
    EXPECT_LT(std::abs(pull("luminosity_size", z, "slope", slopes[bin])), 3.6) << bin;
    EXPECT_LT(std::abs(pull("luminosity_size", z, "intercept", intercepts[bin])), 3.6) << bin;
    EXPECT_LT(std::abs(pull("luminosity_size", z, "scatter_dex", 0.1)), 3.6) << bin;
  }
  // All together, by mass: between the two.
  EXPECT_LT(std::abs(pull("size_mass", 0, "slope", 0.2)), 5);
  // The bins differ as they were made to.
  EXPECT_GT(std::abs(pull("luminosity_size", 1, "slope", slopes[1])), 3);
}

}  // namespace
}  // namespace arcproof::studies

// What is read from a catalogue and from a table of injections.
#include "validation/studies/mass_function_tables.h"

#include "engine/core/error.h"
#include "engine/core/random.h"

#include <cmath>
#include <limits>
#include <tuple>

#include <gtest/gtest.h>

namespace arcproof::studies {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
using io::missing_integer;

// A run's own catalogue: the second row is not selected, the third has no SED, the fourth is a counter image.
io::Table run_catalogue() {
  io::Table t("CATALOG");
  t.add("selected", "", "", io::Flags{true, false, true, true, true});
  t.add("sed_status", "", "", io::Texts{"fitted", "fitted", "too_few_bands", "fitted", "fitted"});
  t.add("counter_image_of", "", "",
        io::Integers{missing_integer, missing_integer, missing_integer, 0, missing_integer});
  t.add("log_mass_msun", "", "", io::Reals{7, 7.1, nan, 7.3, 7.4});
  t.add("log_mass_msun_q16", "", "", io::Reals{6.8, 6.8, nan, 6.8, 7.3});
  t.add("log_mass_msun_q84", "", "", io::Reals{7.4, 7.4, nan, 7.4, 7.5});
  t.add("log_mass_mu_err", "", "", io::Reals{0.4, 0.1, nan, 0.1, 0});
  t.add("log_age_yr", "", "", io::Reals{7, 7, nan, 7, 8});
  t.add("log_age_yr_q16", "", "", io::Reals{6.9, 7, nan, 7, 7.5});
  t.add("log_age_yr_q84", "", "", io::Reals{7.1, 7, nan, 7, 8.1});
  return t;
}

TEST(ReadClusters, TakesTheRowsThatARunFits) {
  const CatalogueClusters c = read_clusters(run_catalogue(), "catalog", nan);
  EXPECT_EQ(c.rows, (std::vector<std::size_t>{0, 4}));
  EXPECT_TRUE(c.has_ages);
  EXPECT_DOUBLE_EQ(c.clusters[0].log_mass_msun, 7);
  EXPECT_NEAR(c.clusters[0].log_mass_error, 0.5, 1e-15);  // 0.3 and 0.4
  EXPECT_NEAR(c.clusters[0].log_age_error, 0.1, 1e-12);
  EXPECT_NEAR(c.clusters[1].log_mass_error, 0.1, 1e-12);
  EXPECT_EQ(read_clusters(run_catalogue(), "catalog", 0.25).clusters[0].log_mass_error, 0.25);
}

TEST(ReadClusters, ConvertsLinearMasses) {
  io::Table t;
  t.add("MASS_MSUN", "solMass", "", io::Integers{1000000, missing_integer, 0});
  t.add("mass_msun_err", "solMass", "", io::Reals{230258.50929940457, 1, 1});
  t.add("status", "", "", io::Texts{"good", "good", "good"});
  const CatalogueClusters c = read_clusters(t, "catalog", nan);
  ASSERT_EQ(c.clusters.size(), 3u);
  EXPECT_FALSE(c.has_ages);
  EXPECT_DOUBLE_EQ(c.clusters[0].log_mass_msun, 6);
  EXPECT_NEAR(c.clusters[0].log_mass_error, 0.1, 1e-12);
  EXPECT_TRUE(std::isnan(c.clusters[1].log_mass_msun) && std::isnan(c.clusters[2].log_mass_msun));
  // Without ages no limit on age leaves a cluster out.
  population::MassFunctionOptions cuts;
  cuts.min_mass_msun = 1e5;
  cuts.max_age_myr = 1e-3;
  EXPECT_EQ(population::select_clusters(c.clusters, cuts).size(), 1u);
}

TEST(ReadInjectedImages, OnlyImagesInTheHostCarryWeight) {
  io::Table t;
  t.add("parent_id", "", "", io::Integers{4, 4, 4});
  t.add("injection_flag", "", "", io::Texts{"injected", "outside_host", "arc"});
  t.add("true_log_mass_msun", "", "", io::Reals{7, 7, 7});
  t.add("true_mu", "", "", io::Reals{3, 5, 20});
  t.add("recovered", "", "", io::Flags{true, false, false});
  t.add("measured_log_mass_msun", "", "", io::Reals{6.9, nan, 7});
  t.add("measured_sed_status", "", "", io::Texts{"fitted", "", "no_allowed_model"});
  t.add("measured_snr_f150w", "", "", io::Reals{8, nan, 9});
  t.add("weight_clumps", "", "", io::Reals{0.7, nan, nan});
  const auto images = read_injected_images(t, "injections", "f150w", false);
  EXPECT_EQ(images[0].place_weight, 0.7);
  ASSERT_EQ(images.size(), 3u);
  EXPECT_EQ(images[0].magnification, 3);
  EXPECT_TRUE(std::isnan(images[1].magnification));
  EXPECT_EQ(images[2].magnification, 20);
  EXPECT_EQ(images[0].snr, 8);
  EXPECT_EQ(images[0].measured.log_mass_msun, 6.9);
  EXPECT_TRUE(std::isnan(images[2].measured.log_mass_msun));
  EXPECT_THROW(read_injected_images(t, "injections", "f150w", true), InputError);  // no measured ages
}

TEST(ReadClusters, RefusesMassesOfAnotherUnit) {
  for (const auto& [name, unit, good] : {std::tuple{"mass_msun", "kg", false},
                                         {"mass_msun", "Msun", true},
                                         {"log_mass_msun", "kg", false},
                                         {"log_mass_msun", "log(solMass)", true},
                                         {"log_mass_msun", "dex(solMass)", true}}) {
    io::Table t;
    t.add(name, unit, "", io::Reals{7, 7, 7});
    if (good) {
      EXPECT_NO_THROW(read_clusters(t, "catalog", 0.1)) << unit;
    } else {
      EXPECT_THROW(read_clusters(t, "catalog", 0.1), InputError) << unit;
    }
  }
}

// 60 masses of slope -2 (seed 4): 600 steps are too few, and it takes thousands; the chain begins as the
// short one does.
TEST(FitPublished, RunsOnUntilConverged) {
  Random random({4, "run on"});
  std::vector<population::ClusterMass> clusters;
  for (const double mass :
       population::draw_masses(population::MassFunctionModel::power_law, -2, 0, 2e6, 60, random))
    clusters.push_back({std::log10(mass), 0.1, 7, 0.1});
  population::MassFunctionOptions options;
  options.bootstraps = 2;
  const PublishedMassFunctions published = fit_published(clusters, options, 1);
  options.max_steps = 50000;
  const PublishedMassFunctions run_on = fit_published(clusters, options, 1);
  bool any_short = false;
  for (const population::MassFunctionFit& fit : run_on.fits)
    for (const population::ParameterSummary& p : fit.parameters) {
      const io::Json& long_chain = run_on.convergence.at(population::name_of(fit.model)).at(p.name);
      EXPECT_TRUE(long_chain.at("converged").as_bool()) << p.name;
      EXPECT_LT(long_chain.at("r_hat").as_double(), 1.01);
      EXPECT_LE(long_chain.at("steps").as_double(), 50000);
      any_short =
          any_short ||
          !published.convergence.at(population::name_of(fit.model)).at(p.name).at("converged").as_bool();
    }
  EXPECT_TRUE(any_short);
  const inference::EnsembleChain &a = published.fits[0].chains[0], &b = run_on.fits[0].chains[0];
  EXPECT_EQ(a.steps, 600);
  for (const int step : {0, 1, 599}) EXPECT_EQ(a.value(step, 7, 0), b.value(step, 7, 0));
  EXPECT_EQ(run_on.fits[0].burn_in, 100 * b.steps / 600);
}

std::vector<std::string> edges_of(const std::vector<double>& mass_msun) {
  std::vector<population::ClusterMass> clusters;
  for (const double mass : mass_msun) clusters.push_back({std::log10(mass), 0.1, 7, 0.1});
  population::MassFunctionOptions options;
  options.bootstraps = 2;
  const io::Json list = fit_published(clusters, options, 1).at_prior_edge;
  std::vector<std::string> names;
  for (const io::Json& name : list.as_array()) names.push_back(name.as_string());
  return names;
}

bool holds(const std::vector<std::string>& names, const char* name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// N masses of ln(M / M_min) = s: the power law's posterior is highest at -1 - 1/s, with an error of 1/(s
// sqrt(N)); the prior ends at -3. Wide posteriors (10 clusters) pile up there as narrow ones do.
TEST(FitPublished, NamesSlopesThatPileUpAtTheEndOfTheirPrior) {
  const auto edge = [](double mode, std::size_t count) {
    return holds(edges_of(std::vector<double>(count, 2e6 * std::exp(-1 / (mode + 1)))), "power_law, beta");
  };
  for (const std::size_t count : {10u, 100u}) {
    EXPECT_TRUE(edge(-3.2, count)) << count;
    EXPECT_FALSE(edge(-2, count)) << count;
  }
  EXPECT_FALSE(edge(-2.6, 100));  // two errors off the end
}

// 300 masses (seed 5): of a power law no cut-off is seen, one at 10^7.3 Msun is; a slope of -0.3 below it is
// beyond the prior's -1.
TEST(FitPublished, NamesCutOffsThatPileUpAtTheEndOfTheirPrior) {
  const auto drawn = [](double beta, double log_cutoff) {
    Random random({5, "prior edges"});
    const auto model = std::isfinite(log_cutoff) ? population::MassFunctionModel::schechter
                                                 : population::MassFunctionModel::power_law;
    return edges_of(population::draw_masses(model, beta, log_cutoff, 2e6, 300, random, 1e10));
  };
  EXPECT_EQ(drawn(-2, HUGE_VAL), (std::vector<std::string>{"schechter, log_cutoff_msun"}));
  EXPECT_EQ(drawn(-1.6, 7.3), (std::vector<std::string>{}));
  EXPECT_EQ(drawn(-0.3, 7.3), (std::vector<std::string>{"schechter, beta"}));
}

}  // namespace
}  // namespace arcproof::studies

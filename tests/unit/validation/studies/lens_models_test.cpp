#include "validation/studies/lens_models.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace arcproof::studies {
namespace {

const double nan = std::nan("");

// Two fields behind two lenses, both of them analysis lenses too.
LensModelOptions two_lenses() {
  return {{{"compact_cluster", ""}, {"High", "_high"}},
          {{"compact_cluster", {"compact_cluster"}}, {"High", {"High"}}},
          {{"a", "compact_cluster"}, {"b", "High"}},
          2e6};
}

struct Injected {
  std::string field;
  double mu, mu_high;          // measured; the true one is 10
  double radius, radius_high;  // [pc]; the true one is 30
  double log_mass;             // by the main lens; the true one is 7
  bool recovered = true;
  std::string size_case = "resolved";
};

io::Table injected(const std::vector<Injected>& rows) {
  io::Texts field, size_case;
  io::Flags recovered;
  io::Reals ten, radius_true, mass_true, mu, mu_high, radius, radius_high, mass, mass_high;
  for (const Injected& r : rows) {
    field.push_back(r.field);
    size_case.push_back(r.size_case);
    recovered.push_back(r.recovered);
    ten.push_back(10);
    radius_true.push_back(30);
    mass_true.push_back(7);
    mu.push_back(r.mu);
    mu_high.push_back(r.mu_high);
    radius.push_back(r.radius);
    radius_high.push_back(r.radius_high);
    mass.push_back(r.log_mass);
    mass_high.push_back(r.log_mass - std::log10(r.mu_high / r.mu));
  }
  io::Table t("INJECTIONS");
  t.add("field", "", "", field);
  t.add("recovered", "", "", recovered);
  t.add("true_mu", "", "", ten);
  t.add("true_radius_pc", "pc", "", radius_true);
  t.add("true_log_mass_msun", "", "", mass_true);
  t.add("measured_mu", "", "", mu);
  t.add("measured_mu_high", "", "", mu_high);
  t.add("measured_radius_pc", "pc", "", radius);
  t.add("measured_radius_pc_high", "pc", "", radius_high);
  t.add("measured_log_mass_msun", "", "", mass);
  t.add("measured_log_mass_msun_high", "", "", mass_high);
  t.add("measured_size_case", "", "", size_case);
  return t;
}

const std::vector<Injected> sample = {
    {"a", 10, 20, 30, 30 / std::sqrt(2), 7},
    {"a", 100, 200, 60, 60 / std::sqrt(2), 7.3},
    {"a", 1, 2, 15, 15 / std::sqrt(2), 6.1},        // below the minimum mass of 2e6
    {"a", 10, 20, 12, 6, nan, true, "unresolved"},  // an upper limit, no SED fit
    {"a", 1e9, 1e9, 1, 1, 9, false},                // not recovered: counts nowhere
    {"a", nan, nan, nan, nan, nan},                 // no magnification
    {"b", 5, 10, 42, 30, 7.25},
};

TEST(LensPairs, HoldTheNumbersOfASampleMadeByHand) {
  const io::Table t = lens_pairs(two_lenses(), injected(sample));
  ASSERT_EQ(t.rows(), 4u);
  EXPECT_EQ(t.texts("truth_lens"), (io::Texts{"compact_cluster", "compact_cluster", "High", "High"}));
  EXPECT_EQ(t.texts("analysis_lens"), (io::Texts{"compact_cluster", "High", "compact_cluster", "High"}));
  EXPECT_EQ(t.flags("same_model"), (io::Flags{true, false, false, true}));
  EXPECT_EQ(t.integers("n_clumps"), (io::Integers{4, 4, 1, 1}));
  EXPECT_EQ(t.integers("n_resolved"), (io::Integers{3, 3, 1, 1}));
  EXPECT_EQ(t.integers("n_masses"), (io::Integers{3, 3, 1, 1}));
  // log mu - 1 of field a: 0, 1, -1, 0; by the other lens all 0.301 higher.
  const double two = std::log10(2.0);
  EXPECT_NEAR(t.reals("log_mu_offset")[0], 0, 1e-12);
  EXPECT_NEAR(t.reals("log_mu_offset")[1], two, 1e-12);
  EXPECT_NEAR(t.reals("log_mu_offset")[2], std::log10(0.5), 1e-12);
  EXPECT_NEAR(t.reals("log_mu_offset")[3], 0, 1e-12);
  // Sorted -1, 0, 0, 1; type-7 quantiles at 3 * 0.16 = 0.48 and 3 * 0.84 = 2.52: -0.52 and 0.52.
  EXPECT_NEAR(t.reals("log_mu_scatter")[0], 0.52, 1e-12);
  EXPECT_NEAR(t.reals("log_mu_scatter")[1], 0.52, 1e-12);
  // Radii over 30 pc: 1, 2, 1/2; the fourth is a limit.
  EXPECT_NEAR(t.reals("log_radius_offset")[0], 0, 1e-12);
  EXPECT_NEAR(t.reals("log_radius_offset")[1], -two / 2, 1e-12);
  // Masses: 0, 0.3, -0.9 dex; the other lens makes all of them lighter by a factor of two.
  EXPECT_NEAR(t.reals("log_mass_offset")[0], 0, 1e-12);
  EXPECT_NEAR(t.reals("log_mass_offset")[1], -two, 1e-12);
  // Surface densities: mass minus twice the radius: 0, 0.3 - 2 * 0.301, -0.9 + 2 * 0.301. A mass lighter by
  // mu over an area smaller by mu: the density stays.
  EXPECT_NEAR(t.reals("log_density_offset")[0], -0.9 + 2 * two, 1e-12);
  EXPECT_NEAR(t.reals("log_density_offset")[1], -0.9 + 2 * two, 1e-12);
}

TEST(LensFields, AreTheirOwnSamples) {
  // A third field behind the lens of the first: its clump goes into the pair, and stands alone here.
  LensModelOptions options = two_lenses();
  options.fields.push_back({"c", "compact_cluster"});
  std::vector<Injected> rows = sample;
  rows.push_back({"c", 1000, 10, 30, 30, 7});
  const io::Table fields = lens_fields(options, injected(rows)), pairs = lens_pairs(options, injected(rows));
  EXPECT_EQ(fields.texts("field"), (io::Texts{"a", "a", "b", "b", "c", "c"}));
  EXPECT_EQ(fields.texts("truth_lens")[2], "High");
  EXPECT_EQ(fields.integers("n_clumps"), (io::Integers{4, 4, 1, 1, 1, 1}));
  EXPECT_EQ(pairs.integers("n_clumps"), (io::Integers{5, 5, 1, 1}));
  EXPECT_NEAR(fields.reals("log_mu_offset")[4], 2, 1e-12);
  EXPECT_NEAR(fields.reals("log_mu_offset")[5], 0, 1e-12);
}

TEST(LensPairs, CountClustersWithTheirLimits) {
  const io::Table t = lens_pairs(two_lenses(), injected(sample));
  // Measured 30, 60, 15 pc and a limit of 12 pc; by the other lens 21, 42, 11 and 6 pc. True: all 30 pc.
  EXPECT_EQ(t.integers("n_clusters"), (io::Integers{2, 2, 0, 0}));
  EXPECT_EQ(t.integers("n_clusters_true"), (io::Integers{0, 0, 0, 0}));
}

TEST(LensPairs, SlopesAreThoseOfMassesAboveTheMinimum) {
  const io::Table t = lens_pairs(two_lenses(), injected(sample));
  EXPECT_EQ(t.integers("n_beta"), (io::Integers{2, 2, 1, 1}));
  EXPECT_EQ(t.integers("n_beta_true"), (io::Integers{3, 3, 1, 1}));
  // -1 - N / sum ln(M / M_min), with M_min = 2e6.
  const double ln_min = std::log(2e6), ln10 = std::log(10.0);
  const double beta = -1 - 2 / (7 * ln10 + 7.3 * ln10 - 2 * ln_min);
  EXPECT_NEAR(t.reals("beta")[0], beta, 1e-10);
  EXPECT_NEAR(t.reals("beta_err")[0], (-beta - 1) / std::sqrt(2), 1e-10);
  EXPECT_NEAR(t.reals("beta_true")[0], -1 - 1 / (7 * ln10 - ln_min), 1e-10);
}

TEST(LensPairs, MetricsAreTheWorstOfThem) {
  const io::Table t = lens_pairs(two_lenses(), injected(sample));
  validation::Metrics metrics;
  set_lens_metrics(t, metrics);
  EXPECT_EQ(*metrics.find("systematics.pairs"), 4);
  EXPECT_EQ(*metrics.find("systematics.min_clumps"), 1);
  EXPECT_NEAR(*metrics.find("systematics.worst_abs_log_mu"), std::log10(2.0), 1e-12);
  EXPECT_NEAR(*metrics.find("systematics.self_abs_log_mu"), 0, 1e-12);
  // Pair High, compact_cluster: a mass of 10^7.25; the same by the right lens: 10^6.949.
  EXPECT_NEAR(*metrics.find("systematics.worst_abs_log_mass"), std::log10(2.0), 1e-12);
  EXPECT_NEAR(*metrics.find("systematics.self_abs_log_mass"), std::log10(2.0) - 0.25, 1e-12);
  EXPECT_EQ(*metrics.find("systematics.worst_clusters"), HUGE_VAL);  // two measured, none true
  std::set<std::string> set;
  for (const auto& [name, value] : metrics.all()) set.insert(name);
  const std::vector<std::string> names = names_of(lens_metrics());
  EXPECT_EQ(set, std::set<std::string>(names.begin(), names.end()));
}

TEST(LensPairs, WithoutRecoveredClumpsAreRowsWithoutNumbers) {
  const io::Table t = lens_pairs(two_lenses(), injected({{"a", 10, 20, 30, 21, 7, false}}));
  ASSERT_EQ(t.rows(), 4u);
  EXPECT_EQ(t.integers("n_clumps")[0], 0);
  EXPECT_TRUE(std::isnan(t.reals("log_mu_offset")[0]));
  EXPECT_TRUE(std::isnan(t.reals("beta")[0]));
}

TEST(LensScience, ComparesWithTheMainLens) {
  io::Table c("CATALOG");
  c.add("selected", "", "", io::Flags{true, true, true, false});
  c.add("host", "", "", io::Texts{"a", "b", "a", "a"});
  c.add("counter_image_of", "", "",
        io::Integers{io::missing_integer, io::missing_integer, 0, io::missing_integer});
  c.add("mu", "", "", io::Reals{10, 20, 5, 1});
  c.add("mu_high", "", "", io::Reals{20, 40, 5, 1});
  c.add("radius_pc", "pc", "", io::Reals{30, 10, 1, 1});
  c.add("radius_pc_high", "pc", "", io::Reals{15, 5, 1, 1});
  c.add("log_mass_msun", "", "", io::Reals{7, 6.5, 9, 9});
  c.add("log_mass_msun_high", "", "", io::Reals{7 - std::log10(2.0), 6.5 - std::log10(2.0), 9, 9});
  c.add("size_case", "", "", io::Texts{"resolved", "resolved_one_axis", "resolved", "resolved"});
  const io::Table t = lens_science(two_lenses(), c);
  ASSERT_EQ(t.rows(), 2u);
  EXPECT_EQ(t.integers("n_clumps"), (io::Integers{2, 2}));
  EXPECT_EQ(t.reals("median_mu")[0], 15);
  EXPECT_NEAR(t.reals("median_mu")[1], 30, 1e-12);
  EXPECT_EQ(t.reals("log_mu_offset")[0], 0);
  EXPECT_NEAR(t.reals("log_mu_offset")[1], std::log10(2.0), 1e-12);
  EXPECT_NEAR(t.reals("log_mass_offset")[1], -std::log10(2.0), 1e-12);
  EXPECT_EQ(t.integers("n_clusters"), (io::Integers{1, 2}));
  EXPECT_EQ(t.integers("n_beta"), (io::Integers{2, 1}));  // 10^6.199 is below 2e6
}

}  // namespace
}  // namespace arcproof::studies

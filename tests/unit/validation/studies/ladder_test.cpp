#include "validation/studies/ladder.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <gtest/gtest.h>

namespace arcproof::studies {
namespace {

const double nan = std::nan("");

// Offsets of the masses of clumps at each rung, their true value 6, with intervals of half a width; other
// quantities are the truth.
struct Rows {
  std::vector<std::array<double, 7>> mass;  // measured - true, by clump
  double half_width = 0.1;
  std::int64_t images_of_a_clump = 1;

  io::Table table() const {
    io::Integers id, parent, rung;
    io::Texts name;
    io::Reals truth, value, low, high;
    for (std::size_t r = 0; r < ladder_rungs.size(); ++r)
      for (std::size_t k = 0; k < mass.size(); ++k) {
        id.push_back(static_cast<std::int64_t>(k));
        parent.push_back(static_cast<std::int64_t>(k) / images_of_a_clump);
        rung.push_back(static_cast<std::int64_t>(r));
        name.emplace_back(ladder_rungs[r]);
        truth.push_back(6);
        value.push_back(6 + mass[k][r]);
        low.push_back(value.back() - half_width);
        high.push_back(value.back() + half_width);
      }
    io::Table table("LADDER_ROWS");
    table.add("injection_id", "", "", id);
    table.add("parent_id", "", "", parent);
    table.add("rung", "", "", rung);
    table.add("name", "", "", name);
    for (const LadderQuantity& q : ladder_quantities) {
      const bool is_mass = std::string(q.name) == "log_mass_msun";
      table.add("true_" + std::string(q.name), "", "", truth);
      table.add(q.name, "", "", is_mass ? value : truth);
      table.add(std::string(q.name) + "_low", "", "", is_mass ? low : io::Reals(truth.size(), nan));
      table.add(std::string(q.name) + "_high", "", "", is_mass ? high : io::Reals(truth.size(), nan));
    }
    return table;
  }
};

std::size_t row_of(const io::Table& ladder, const std::string& name, const std::string& quantity) {
  for (std::size_t i = 0; i < ladder.rows(); ++i)
    if (ladder.texts("name")[i] == name && ladder.texts("quantity")[i] == quantity) return i;
  throw std::runtime_error("no row " + name + " " + quantity);
}

// Five clumps, too heavy by 0.3 on the median until the magnification is true; then by 0.05.
Rows by_hand() {
  return {{{0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05},
           {0.2, 0.2, 0.2, 0.2, 0.02, 0.02, 0.02},
           {0.3, 0.3, 0.3, 0.3, 0.05, 0.05, 0.05},
           {0.4, 0.4, 0.4, 0.4, 0.08, 0.08, 0.08},
           {0.5, 0.5, 0.5, 0.5, 0.15, 0.15, 0.15}}};
}

TEST(Ladder, BiasesAndChangesAreThoseOfTheRows) {
  const io::Table ladder = ladder_table(by_hand().table(), 1);
  ASSERT_EQ(ladder.rows(), ladder_rungs.size() * ladder_quantities.size());
  const std::size_t first = row_of(ladder, "as_measured", "log_mass_msun"),
                    step = row_of(ladder, "magnification", "log_mass_msun"),
                    after = row_of(ladder, "redshift", "log_mass_msun");
  EXPECT_EQ(ladder.integers("rung")[step], 4);
  EXPECT_EQ(ladder.integers("n")[step], 5);
  EXPECT_NEAR(ladder.reals("bias")[first], 0.3, 1e-9);
  EXPECT_NEAR(ladder.reals("scatter")[first], 0.14826, 1e-6);  // median |0.2, 0.1, 0, 0.1, 0.2| is 0.1
  EXPECT_TRUE(std::isnan(ladder.reals("bias_change")[first]));
  EXPECT_NEAR(ladder.reals("bias")[step], 0.05, 1e-9);
  EXPECT_NEAR(ladder.reals("bias_change")[step], -0.25, 1e-9);
  EXPECT_GT(ladder.reals("bias_change_err")[step], 0.01);
  // Nothing changes: no change, and no doubt about it.
  EXPECT_EQ(ladder.reals("bias_change")[after], 0);
  EXPECT_EQ(ladder.reals("bias_change_err")[after], 0);
  // 0.1 holds one of five before (0.1 itself), four after (0.15 is out).
  EXPECT_NEAR(ladder.reals("coverage_68")[first], 0.2, 1e-12);
  EXPECT_NEAR(ladder.reals("coverage_68")[step], 0.8, 1e-12);
  EXPECT_NEAR(ladder.reals("coverage_change")[step], 0.6, 1e-12);
  EXPECT_GT(ladder.reals("coverage_68_err")[step], 0.1);
  // Quantities that are the truth, without intervals.
  const std::size_t known = row_of(ladder, "fluxes", "mag");
  EXPECT_EQ(ladder.reals("bias")[known], 0);
  EXPECT_EQ(ladder.reals("bias_err")[known], 0);
  EXPECT_EQ(ladder.integers("n_interval")[known], 0);
  EXPECT_TRUE(std::isnan(ladder.reals("coverage_68")[known]));
}

// A clump that lacks the quantity at one rung is left out of all.
TEST(Ladder, ClumpsAreTheSameAtAllRungs) {
  Rows rows = by_hand();
  rows.mass[4][6] = nan;
  const io::Table ladder = ladder_table(rows.table(), 1);
  EXPECT_EQ(ladder.integers("n")[row_of(ladder, "as_measured", "log_mass_msun")], 4);
  EXPECT_NEAR(ladder.reals("bias")[row_of(ladder, "as_measured", "log_mass_msun")], 0.25, 1e-9);
  EXPECT_EQ(ladder.integers("n")[row_of(ladder, "as_measured", "mag")], 5);
}

// The median of n values evenly spread over a width w has the standard error w / (2 sqrt(n + 2)) (that of the
// middle order statistic of a uniform law). A change that is the same for all clumps has none: it is paired.
// 400 clumps, seed 3; 300 bootstrap samples know an error to 4%, and the bootstrap of a median scatters by
// some 10% more: 40% is far outside.
TEST(Ladder, ErrorsAreThoseOfMedians) {
  Rows rows;
  for (int k = 0; k < 400; ++k) {
    const double offset = (k + 0.5) / 400;
    rows.mass.push_back({offset, offset, offset, offset, offset - 0.5, offset - 0.5, offset - 0.5});
  }
  const io::Table ladder = ladder_table(rows.table(), 3);
  const std::size_t step = row_of(ladder, "magnification", "log_mass_msun");
  const double expected = 0.5 / std::sqrt(402.0);
  EXPECT_NEAR(ladder.reals("bias_err")[step] / expected, 1, 0.4);
  EXPECT_NEAR(ladder.reals("bias_change")[step], -0.5, 1e-9);
  EXPECT_LT(ladder.reals("bias_change_err")[step], 1e-8);
  // Four images of a clump that err alike are one clump: the error is twice as large.
  Rows images = rows;
  images.images_of_a_clump = 4;
  const io::Table together = ladder_table(images.table(), 3);
  EXPECT_NEAR(together.reals("bias_err")[step] / (2 * expected), 1, 0.4);
}

TEST(Ladder, SaysNothingOfTwoClumps) {
  Rows rows = by_hand();
  rows.mass.resize(2);
  const io::Table ladder = ladder_table(rows.table(), 1);
  EXPECT_TRUE(std::isnan(ladder.reals("bias")[row_of(ladder, "magnification", "log_mass_msun")]));
  EXPECT_EQ(ladder_table(io::Table("LADDER_ROWS"), 1).rows(), 0U);
}

TEST(Ladder, MetricsAreThoseDescribed) {
  const io::Table rows = by_hand().table(), ladder = ladder_table(rows, 1);
  for (const bool has_sed : {true, false}) {
    validation::Metrics metrics;
    set_ladder_metrics(ladder, rows, has_sed, metrics);
    std::vector<std::string> set, described = validation::names_of(ladder_metrics(has_sed));
    for (const auto& [name, value] : metrics.all()) set.push_back(name);
    std::sort(set.begin(), set.end());
    std::sort(described.begin(), described.end());
    EXPECT_EQ(set, described);
    EXPECT_EQ(metrics.find("ladder.clumps"), 5);
    EXPECT_EQ(metrics.find("ladder.magnification.log_mass_msun.bias_change").has_value(), has_sed);
  }
  validation::Metrics metrics;
  set_ladder_metrics(ladder, rows, true, metrics);
  EXPECT_NEAR(*metrics.find("ladder.magnification.log_mass_msun.bias_change"), -0.25, 1e-9);
  EXPECT_NEAR(*metrics.find("ladder.as_measured.log_mass_msun.coverage"), 0.2, 1e-12);
}

}  // namespace
}  // namespace arcproof::studies

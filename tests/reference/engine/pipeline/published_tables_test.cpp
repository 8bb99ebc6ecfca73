// Tables B1 and B2 of Claeyssens+2023: what their own photometry and magnifications give.
#include "engine/lens/delens.h"
#include "engine/pipeline/derived.h"
#include "engine/pipeline/measure.h"
#include "tests/support/data.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::pipeline {
namespace {

double number(const tests::CsvRow& row, const std::string& key) { return std::stod(row.at(key)); }

TEST(TableB2, AbsoluteMagnitudesFollowFromB1) {
  ARCPROOF_NEEDS_REFERENCE(b1_file, "claeyssens2023_tableB1_photometry.csv");
  ARCPROOF_NEEDS_REFERENCE(b2_file, "claeyssens2023_tableB2_properties.csv");
  const auto b1 = tests::read_csv(b1_file), b2 = tests::read_csv(b2_file);
  ASSERT_EQ(b1.size(), b2.size());
  constexpr double extinction = 0.112;  // F150W, their Table 1
  for (std::size_t i = 0; i < b1.size(); ++i) {
    const double m = absolute_magnitude(number(b1[i], "f150w_obs_abmag"), number(b1[i], "mu"),
                                        number(b1[i], "z"), extinction, {});
    std::printf("%s %s: %.3f, printed %s\n", b1[i].at("image_id").c_str(), b1[i].at("clump_id").c_str(), m,
                b2[i].at("f150w_absmag_ab").c_str());
    EXPECT_NEAR(m, number(b2[i], "f150w_absmag_ab"), 0.01) << b1[i].at("clump_id");
  }
}

}  // namespace
}  // namespace arcproof::pipeline

#include "validation/correction.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

const double nan = std::nan("");

struct Injection {
  double mag, measured_mag;
  bool recovered = true;
  double sigma = 2, measured_sigma = 2;
  double radius = 10, measured_radius = 10, log_mass = 6, measured_log_mass = 6;
  bool upper_limit = false;
  std::string flag = "injected";
};

io::Table joined(const std::vector<Injection>& rows) {
  io::Table table("INJECTIONS");
  const auto add = [&](const char* name, auto get) {
    io::Reals values;
    for (const Injection& row : rows) values.push_back(get(row));
    table.add(name, "", "", std::move(values));
  };
  add("mag", [](const Injection& i) { return i.mag; });
  add("measured_mag_f150w", [](const Injection& i) { return i.measured_mag; });
  add("true_sigma_major_pix", [](const Injection& i) { return 2 * i.sigma; });
  add("true_sigma_minor_pix", [](const Injection& i) { return i.sigma / 2; });
  add("measured_sigma_circular_pix", [](const Injection& i) { return i.measured_sigma; });
  add("true_radius_pc", [](const Injection& i) { return i.radius; });
  add("measured_radius_pc", [](const Injection& i) { return i.measured_radius; });
  add("true_log_mass_msun", [](const Injection& i) { return i.log_mass; });
  add("measured_log_mass_msun", [](const Injection& i) { return i.measured_log_mass; });
  io::Flags recovered, limit;
  io::Texts flag;
  for (const Injection& row : rows) {
    recovered.push_back(row.recovered);
    limit.push_back(row.upper_limit);
    flag.push_back(row.flag);
  }
  table.add("recovered", "", "", recovered);
  table.add("measured_radius_is_upper_limit", "", "", limit);
  table.add("injection_flag", "", "", flag);
  return table;
}

// Rows of 100 nJy +- 10, 50 pc, 10^7 solar masses.
io::Table catalogue(const io::Reals& mag, const io::Reals& sigma, bool is_selected = true,
                    bool is_limit = false) {
  io::Table table("CLUMPS");
  table.add("mag_f150w", "mag", "", mag);
  table.add("sigma_circular_pix", "pix", "", sigma);
  table.add("flux_f150w", "nJy", "", io::Reals(mag.size(), 100));
  table.add("flux_f150w_err", "nJy", "", io::Reals(mag.size(), 10));
  table.add("radius_pc", "pc", "", io::Reals(mag.size(), 50));
  table.add("log_mass_msun", "", "", io::Reals(mag.size(), 7));
  table.add("selected", "", "", io::Flags(mag.size(), is_selected));
  table.add("radius_is_upper_limit", "", "", io::Flags(mag.size(), is_limit));
  return table;
}

double value(const io::Table& table, const char* name) { return table.reals(name).at(0); }

io::Table corrected_row(double mag, double sigma, const std::vector<Injection>& injections,
                        int neighbours = 60) {
  return corrected(catalogue({mag}, {sigma}), joined(injections),
                   {.reference_band = "f150w", .neighbours = neighbours});
}

// Five found, one lost. Magnitudes err by -0.1, 0, 0.1, 0.2, 0.8, radii by factors 1, 2, 2, 2, 10, masses by
// 0, 0.1, 0.1, 0.1, 0.5.
std::vector<Injection> six() {
  const auto found = [](double offset, double factor, double dex) {
    return Injection{
        .mag = 26, .measured_mag = 26 + offset, .measured_radius = 10 * factor, .measured_log_mass = 6 + dex};
  };
  return {found(-0.1, 1, 0),  found(0, 2, 0.1),    found(0.1, 2, 0.1),
          found(0.2, 2, 0.1), found(0.8, 10, 0.5), {.mag = 26, .measured_mag = nan, .recovered = false}};
}

TEST(Correction, ByHand) {
  const io::Table table = corrected_row(26.1, 2, six());
  EXPECT_NEAR(value(table, "mag_bias"), 0.1, 1e-12);  // of -0.1, 0, 0.1, 0.2, 0.8
  EXPECT_NEAR(value(table, "mag_debiased"), 26, 1e-12);
  EXPECT_NEAR(value(table, "log_radius_bias"), std::log10(2.0), 1e-12);
  EXPECT_NEAR(value(table, "radius_debiased_pc"), 25, 1e-10);
  EXPECT_NEAR(value(table, "log_mass_bias"), 0.1, 1e-12);
  EXPECT_NEAR(value(table, "log_mass_debiased"), 6.9, 1e-12);
  EXPECT_EQ(table.integers("n_nearby")[0], 6);
  EXPECT_FALSE(table.flags("extrapolated")[0]);
}

TEST(Correction, DetectionByHand) {
  const io::Table table = corrected_row(26.1, 2, six());
  EXPECT_NEAR(value(table, "p_detect"), 5.0 / 6, 1e-15);
  EXPECT_NEAR(value(table, "weight"), 1.2, 1e-15);
  // scipy 1.10.1, beta.ppf([(1 - 0.6827) / 2, (1 + 0.6827) / 2], 5.5, 1.5).
  EXPECT_NEAR(value(table, "p_detect_low"), 0.63607774898, 1e-11);
  EXPECT_NEAR(value(table, "p_detect_high"), 0.929932062744, 1e-11);
}

// The catalogue's own error is 2.5 / ln 10 * 0.1 = 0.1086. Deviations from the median 0.1: 0.2, 0.1, 0, 0.1,
// 0.7, a scatter of 0.1483; with all offsets alike there is none.
TEST(Correction, ErrorIsTheLargerOfTheCataloguesAndTheScatter) {
  EXPECT_NEAR(value(corrected_row(26.1, 2, six()), "mag_err_inflated"), 0.148260222, 1e-8);
  EXPECT_NEAR(value(corrected_row(26, 2, std::vector<Injection>(6, {.mag = 26, .measured_mag = 26})),
                    "mag_err_inflated"),
              0.10857362047581296, 1e-12);
}

TEST(Correction, UpperLimitsSayNothingOfRadii) {
  auto injections = six();
  injections.push_back({.mag = 26, .measured_mag = 26.1, .measured_radius = 1000, .upper_limit = true});
  EXPECT_NEAR(value(corrected_row(26.1, 2, injections), "log_radius_bias"), std::log10(2.0), 1e-12);
  injections[0].upper_limit = injections[1].upper_limit = true;  // leaves 3 radii
  EXPECT_TRUE(std::isnan(value(corrected_row(26.1, 2, injections), "radius_debiased_pc")));
}

// Sums of weights count selected rows; a limit is not raised above itself.
TEST(Correction, OnlySelectedRowsWeighAndLimitsStay) {
  const auto injections = six();
  const auto of = [&](bool selected, bool limit, const char* column) {
    return corrected(catalogue({26.1}, {2}, selected, limit), joined(injections), {.reference_band = "f150w"})
        .reals(column)
        .at(0);
  };
  EXPECT_GE(of(true, false, "weight"), 1);
  EXPECT_TRUE(std::isnan(of(false, false, "weight")));
  EXPECT_NE(of(true, false, "radius_debiased_pc"), 50);
  EXPECT_EQ(of(true, true, "radius_debiased_pc"), 50);
}

// Clumps of true magnitude 25 and 26 are measured one brighter: a row of 25 is one of 26, half of which are
// lost.
TEST(Correction, DetectionIsThatOfTheDebiasedRow) {
  std::vector<Injection> injections;
  for (int i = 0; i < 6; ++i) {
    injections.push_back({.mag = 25, .measured_mag = 24});
    injections.push_back({.mag = 26, .measured_mag = 25});
    injections.push_back({.mag = 26, .measured_mag = nan, .recovered = false});
  }
  const io::Table table = corrected_row(25, 2, injections, 6);
  EXPECT_NEAR(value(table, "mag_bias"), -1, 1e-12);
  EXPECT_NEAR(value(corrected_row(25, 2, injections, 12), "p_detect"), 0.5, 1e-15);
  EXPECT_NEAR(value(corrected_row(24, 2, injections, 6), "p_detect"), 1, 1e-15);
}

// Sizes are measured twice as large: a row of 4 pixels is one of 2, not one of 4.
TEST(Correction, DetectionIsThatOfTheDebiasedSize) {
  std::vector<Injection> injections;
  for (int i = 0; i < 6; ++i) {
    injections.push_back({.mag = 26, .measured_mag = 26, .sigma = 2, .measured_sigma = 4});
    injections.push_back({.mag = 26, .measured_mag = nan, .recovered = false, .sigma = 4});
  }
  EXPECT_NEAR(value(corrected_row(26, 4, injections, 6), "p_detect"), 1, 1e-15);
}

// 0.5 mag and 0.2 dex are one unit each: 0.4 mag is nearer than 0.2 dex.
TEST(Correction, DistanceWeighsMagnitudeAndSize) {
  std::vector<Injection> injections;
  for (int i = 0; i < 5; ++i) {
    const double wide = 2 * std::pow(10, 0.2);
    injections.push_back({.mag = 26.4, .measured_mag = 26.4, .measured_log_mass = 6.3});
    injections.push_back({.mag = 26, .measured_mag = 26, .sigma = wide, .measured_sigma = wide});
  }
  EXPECT_NEAR(value(corrected_row(26, 2, injections, 5), "log_mass_bias"), 0.3, 1e-12);
}

TEST(Correction, SizesBelowATenthOfAPixelAreAlike) {
  std::vector<Injection> points(6, {.mag = 26, .measured_mag = 26, .sigma = 0.01, .measured_sigma = 1e-6});
  EXPECT_FALSE(corrected_row(26, 0.1, points).flags("extrapolated")[0]);
}

TEST(Correction, FarInjectionsAreMarked) {
  const std::vector<Injection> injections(6, {.mag = 26, .measured_mag = 26});
  EXPECT_FALSE(corrected_row(26.99, 2, injections).flags("extrapolated")[0]);  // 1.98 units
  EXPECT_TRUE(corrected_row(27.01, 2, injections).flags("extrapolated")[0]);
}

TEST(Correction, FewerThanFiveNeighboursGiveNothing) {
  auto injections = six();
  injections.resize(4);
  const io::Table table = corrected_row(26.1, 2, injections);
  for (const char* name : {"p_detect", "weight", "mag_bias", "mag_debiased", "log_mass_scatter"})
    EXPECT_TRUE(std::isnan(value(table, name))) << name;
  EXPECT_EQ(table.integers("n_nearby")[0], 4);
}

TEST(Correction, ClumpsThatAreNeverFoundHaveNoWeight) {
  const io::Table table =
      corrected_row(26, 2, std::vector<Injection>(6, {.mag = 26, .measured_mag = nan, .recovered = false}));
  EXPECT_EQ(value(table, "p_detect"), 0);
  EXPECT_TRUE(std::isnan(value(table, "weight")));
  EXPECT_TRUE(table.flags("extrapolated")[0]);  // nothing was measured like it
}

TEST(Correction, ImagesThatWereNotInjectedDoNotCount) {
  auto injections = six();
  for (int i = 0; i < 6; ++i)
    injections.push_back({.mag = 26, .measured_mag = nan, .recovered = false, .flag = "no_data"});
  EXPECT_NEAR(value(corrected_row(26.1, 2, injections), "p_detect"), 5.0 / 6, 1e-15);
}

TEST(Correction, RowsWithoutAMagnitudeAreKeptAndMarked) {
  const io::Table table =
      corrected(catalogue({nan, 26.1}, {2, 2}), joined(six()), {.reference_band = "f150w"});
  ASSERT_EQ(table.rows(), 2u);
  EXPECT_TRUE(std::isnan(table.reals("p_detect")[0]));
  EXPECT_TRUE(table.flags("extrapolated")[0]);
  EXPECT_FALSE(table.flags("extrapolated")[1]);
  EXPECT_EQ(table.reals("radius_pc"), (io::Reals{50, 50}));
}

}  // namespace
}  // namespace arcproof::validation

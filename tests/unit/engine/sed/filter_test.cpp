#include "engine/sed/filter.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "engine/sed/parametric_filter.h"
#include "tests/support/data.h"
#include "tests/unit/engine/sed/toy.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

double average(const BandWeights& weights, const std::vector<double>& spectrum) {
  double sum = 0;
  for (std::size_t i = 0; i < weights.weight.size(); ++i)
    sum += weights.weight[i] * spectrum[weights.first + i];
  return sum;
}

Filter read_text_as_filter(const std::string& text) {
  static int count = 0;
  const auto path = tests::scratch_folder("filter" + std::to_string(count++)) / "band.txt";
  io::write_text(path, text);
  return read_filter(path, "band");
}

/// The complaint that a text meets, or one with an empty allowed part when it is read.
Complaint complaint_about(const std::string& text) {
  try {
    read_text_as_filter(text);
  } catch (const InputError& error) {
    return error.complaint();
  }
  return {};
}

TEST(Filter, IsReadFromTwoColumns) {
  const Filter filter =
      read_text_as_filter("# a comment\n1000 0\r\n\t2000\t5e-1 # another\n\n3000   1\n4000 0.0");
  EXPECT_EQ(filter.band, "band");
  EXPECT_EQ(filter.wavelength_angstrom, (std::vector<double>{1000, 2000, 3000, 4000}));
  EXPECT_EQ(filter.throughput, (std::vector<double>{0, 0.5, 1, 0}));
}

TEST(Filter, WrongFilesAreRefusedByLine) {
  EXPECT_EQ(complaint_about("1000 0\n2000 x\n3000 1\n").key, "line 2");
  EXPECT_EQ(complaint_about("1000 0\n2000 1 7\n3000 1\n").key, "line 2");
  EXPECT_EQ(complaint_about("1000 0\n2000\n3000 1\n").key, "line 2");
  EXPECT_EQ(complaint_about("1000 0\n2000 nan\n3000 1\n").key, "line 2");
  EXPECT_EQ(complaint_about("#\n1000 0\n2000 1\n2000 1\n").key, "line 4");
  EXPECT_EQ(complaint_about("1000 0\n900 1\n3000 1\n").key, "line 2");
  EXPECT_EQ(complaint_about("1000 0\n2000 -0.1\n3000 1\n").key, "line 2");
  EXPECT_EQ(complaint_about("-1 0\n2000 0.1\n3000 1\n").key, "line 1");
  EXPECT_EQ(complaint_about("1000 0\n2000 1\n").found, "2 rows");
  EXPECT_EQ(complaint_about("").found, "0 rows");
  EXPECT_FALSE(complaint_about("1000 0\n2000 0\n3000 0\n").allowed.empty());
  EXPECT_THROW(read_filter("/nowhere/band.txt", "band"), InputError);
}

TEST(Filter, MomentsOfBoxAndTriangle) {
  // Pivot of a box: (b^2 - a^2) / 2 / ln(b / a).
  const double pivot = std::sqrt((6000.0 * 6000 - 4000.0 * 4000) / 2 / std::log(6000.0 / 4000));
  EXPECT_NEAR((Filter{"b", {4000, 5500, 6000}, {1, 1, 1}}.pivot_angstrom()), pivot, 1e-8);
  const Filter triangle{"t", {1000, 2000, 4000}, {0, 3, 0}};
  EXPECT_DOUBLE_EQ(triangle.half_power_low_angstrom(), 1500);
  EXPECT_DOUBLE_EQ(triangle.half_power_high_angstrom(), 3000);
  const Filter cut{"c", {1000, 2000, 3000}, {1, 1, 1}};
  EXPECT_DOUBLE_EQ(cut.half_power_low_angstrom(), 1000);
  EXPECT_DOUBLE_EQ(cut.half_power_high_angstrom(), 3000);
}

// Numbers of tests/reference/generators/sed_numbers.py (scipy.integrate.quad between all samples, printed to
// 10 digits). Both are exact for these curves.
TEST(BandWeights, AgreeWithScipy) {
  const Filter filter{
      "f", {4000, 4100, 4350, 4400, 4800, 5300, 5500, 5520}, {0, 0.2, 0.9, 0.7, 1.0, 0.8, 0.1, 0}};
  const std::vector<double> grid{3500, 3900, 4150, 4390, 4410, 4700, 5000, 5010, 5400, 6000};
  const std::vector<double> spectrum{1, 4, 2, 7, 3, 3, 9, 1, 2, 5};
  const BandWeights weights = band_weights(filter, grid);
  EXPECT_EQ(weights.first, 1u);
  EXPECT_EQ(weights.weight.size(), 9u);
  EXPECT_NEAR(weights.covered, 1, 1e-12);
  EXPECT_NEAR(average(weights, spectrum) / 82193994.02, 1, 1e-9);
  EXPECT_NEAR(filter.pivot_angstrom() / 4783.583823, 1, 1e-9);
}

TEST(BandWeights, FlatSpectrumInFrequencyHasItsOwnMean) {
  // f_lambda = c / l^2 is f_nu = 1. A grid of 1e-3 in ln l leaves (1e-3)^2 / 4 of curvature.
  const std::vector<double> grid = toy::log_grid(3000, 9000, 1100);
  std::vector<double> spectrum;
  spectrum.reserve(grid.size());
  for (const double x : grid) spectrum.push_back(1 / (x * x));
  EXPECT_NEAR(average(band_weights(toy::box("b", 4000, 6000), grid), spectrum), 1, 1e-6);
}

TEST(BandWeights, KnowWhatTheSpectrumCovers) {
  const Filter filter = toy::box("b", 4000, 6000);
  EXPECT_NEAR(band_weights(filter, std::vector<double>{5000, 5500, 8000}).covered, 0.5, 1e-3);
  EXPECT_NEAR(band_weights(filter, std::vector<double>{1000, 4500}).covered, 0.25, 1e-3);
  const BandWeights none = band_weights(filter, std::vector<double>{7000, 8000});
  EXPECT_EQ(none.covered, 0);
  EXPECT_TRUE(none.weight.empty());
  EXPECT_THROW(band_weights(filter, std::vector<double>{7000}), ContractError);
}

// The names tell the wavelengths: nanometres for the optical bands of HST, tens of nanometres for the others.
TEST(ParametricFilter, BandsAreWhereTheirNamesSay) {
  const std::set<std::string> in_nanometres{"F275W", "F336W", "F390W", "F435W", "F438W",
                                            "F475W", "F606W", "F775W", "F814W", "F850LP"};
  EXPECT_EQ(parametric_filter_bands().size(), 35u);
  for (const std::string& band : parametric_filter_bands()) {
    const Filter filter = parametric_filter(band);
    EXPECT_EQ(filter.band, band);
    const double named = std::stod(band.substr(1, 3)) * (in_nanometres.contains(band) ? 10 : 100);
    EXPECT_NEAR(filter.pivot_angstrom() / named, 1, 0.07) << band;
    const double top = *std::max_element(filter.throughput.begin(), filter.throughput.end());
    EXPECT_LT(filter.throughput.front(), 2e-4 * top) << band;
    EXPECT_LT(filter.throughput.back(), 2e-4 * top) << band;
    for (const double t : filter.throughput) EXPECT_GE(t, 0) << band;
  }
}

TEST(ParametricFilter, UnknownBandIsRefusedWithTheKnownOnes) {
  try {
    parametric_filter("F999W");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(error.complaint().found, "F999W");
    EXPECT_NE(error.complaint().allowed.find("F150W"), std::string::npos);
  }
}

}  // namespace
}  // namespace arcproof::sed

#include "recipes/program/fields/surroundings.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof::recipes {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Ground of 3 nJy a pixel left of x = 50 and 7 right of it; objects at (20, 20), (26, 28), (80, 20).
FieldSetup field() {
  FieldSetup f;
  f.match.reference_band = "f150w";
  f.analysis.reference = 0;
  f.exposures.resize(1);
  f.exposures[0].flux_njy = Array2D<float>(100, 60, 3.0F);
  for (int y = 0; y < 60; ++y)
    for (int x = 50; x < 100; ++x) f.exposures[0].flux_njy(x, y) = 7;
  f.baseline = io::Table("BASELINE");
  f.baseline.add("x", "pix", "", io::Reals{20, 26, 80});
  f.baseline.add("y", "pix", "", io::Reals{20, 28, 20});
  f.baseline.add("flux_f150w", "nJy", "", io::Reals{100, 40, 10});
  return f;
}

io::Table at(io::Reals x, io::Reals y, bool own, const FieldSetup& f = field()) {
  io::Table t("PLACES");
  t.add("x", "pix", "", std::move(x));
  t.add("y", "pix", "", std::move(y));
  add_surroundings(t, f, "x", "y", own);
  return t;
}

TEST(Surroundings, AreThoseOfTheObjectsNearby) {
  const io::Table t = at({20, 23}, {20, 24}, false);
  EXPECT_EQ(t.reals("crowding_pix")[0], 0);  // an injection on an object
  EXPECT_DOUBLE_EQ(t.reals("crowding_pix")[1], 5);
  EXPECT_DOUBLE_EQ(t.reals("neighbour_light")[1], 100 * std::exp(-25.0 / 18) + 40 * std::exp(-25.0 / 18) +
                                                      10 * std::exp(-(57.0 * 57 + 16) / 18));
}

// A row of the catalogue is no neighbour of its own, though its place differs by less than half a pixel.
TEST(Surroundings, RowsAreNotTheirOwnNeighbours) {
  const io::Table t = at({20.2}, {20.1}, true);
  EXPECT_NEAR(t.reals("crowding_pix")[0], std::hypot(5.8, 7.9), 1e-12);
  EXPECT_NEAR(t.reals("neighbour_light")[0], 40 * std::exp(-(5.8 * 5.8 + 7.9 * 7.9) / 18), 1e-9);
}

// The ring from 4 to 8 pixels: neither the object itself, nor what is missing, nor beyond the image.
TEST(Surroundings, BrightnessIsThatOfTheRing) {
  FieldSetup f = field();
  for (int y = 18; y <= 22; ++y)
    for (int x = 18; x <= 22; ++x) f.exposures[0].flux_njy(x, y) = 1000;
  for (int y = 30; y < 60; ++y)
    for (int x = 70; x < 100; ++x) f.exposures[0].flux_njy(x, y) = static_cast<float>(nan);
  const io::Table t = at({20, 80, 0, 85}, {20, 20, 0, 45}, false, f);
  EXPECT_EQ(t.reals("local_brightness")[0], 3);
  EXPECT_EQ(t.reals("local_brightness")[1], 7);
  EXPECT_EQ(t.reals("local_brightness")[2], 3);
  EXPECT_TRUE(std::isnan(t.reals("local_brightness")[3]));
}

TEST(Surroundings, OfNoPlaceAreMissing) {
  const io::Table t = at({nan}, {20}, false);
  for (const char* name : {"crowding_pix", "neighbour_light", "local_brightness"})
    EXPECT_TRUE(std::isnan(t.reals(name)[0])) << name;
}

}  // namespace
}  // namespace arcproof::recipes

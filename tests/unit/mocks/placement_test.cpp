// Where clumps are injected: densities that add up to 1, draws that follow them, and a width that the rows favour.
#include "mocks/placement.h"

#include "engine/core/random.h"
#include "engine/core/units.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::mocks {
namespace {

constexpr int placement_side = 60;

// A disc of radius 25 pixels.
std::vector<sky::PixelPosition> disc() {
  std::vector<sky::PixelPosition> places;
  for (int y = 0; y < placement_side; ++y)
    for (int x = 0; x < placement_side; ++x)
      if (std::hypot(x - 30, y - 30) <= 25)
        places.push_back({static_cast<double>(x), static_cast<double>(y)});
  return places;
}

// Rows strewn about (22, 34) with a width of 4 pixels. Seed 61.
std::vector<sky::PixelPosition> clustered(int count) {
  Random random({.seed = 61, .purpose = "rows"});
  std::vector<sky::PixelPosition> rows;
  for (int i = 0; i < count; ++i) {
    const double x = 22 + 4 * random.normal();
    rows.push_back({x, 34 + 4 * random.normal()});
  }
  return rows;
}

template <class Density>
double sum_over_disc(const Density& density) {
  double sum = 0;
  for (const sky::PixelPosition& place : disc()) sum += density(place.x, place.y);
  return sum;
}

TEST(Placement, DensitiesAddUpToOneAndVanishOutside) {
  const Placement placement(disc(), placement_side, placement_side, clustered(40),
                            {PlacementKind::catalogue, 0.2});
  EXPECT_NEAR(sum_over_disc([&](double x, double y) { return placement.drawn(x, y); }), 1, 1e-12);
  EXPECT_NEAR(sum_over_disc([&](double x, double y) { return placement.clumps(x, y); }), 1, 1e-12);
  EXPECT_NEAR(sum_over_disc([&](double x, double y) { return placement.uniform(x, y); }), 1, 1e-12);
  EXPECT_NEAR(placement.drawn(22, 34), 0.8 * placement.clumps(22, 34) + 0.2 * placement.uniform(22, 34),
              1e-15);
  for (const double outside : {-1e9, 1.0, 59.0, std::nan("")}) {
    EXPECT_EQ(placement.drawn(outside, 2), 0);
    EXPECT_EQ(placement.clumps(outside, 2), 0);
  }
}

// 40000 draws, seed 62: counts in quadrants against the density, 4 x 2 numbers at 4 sigma: false alarms 5e-4.
TEST(Placement, DrawsFollowTheDensity) {
  for (const auto kind : {PlacementKind::uniform, PlacementKind::catalogue}) {
    const Placement placement(disc(), placement_side, placement_side, clustered(40), {kind, 0.2});
    const auto quadrant = [](double x, double y) { return (x >= 29.5) + 2 * (y >= 29.5); };
    double expected[4] = {}, drawn[4] = {};
    for (const sky::PixelPosition& place : disc())
      expected[quadrant(place.x, place.y)] += placement.drawn(place.x, place.y);
    Random random({.seed = 62, .purpose = "places"});
    constexpr int draws = 40000;
    for (int i = 0; i < draws; ++i) {
      const sky::PixelPosition at = placement.draw(random);
      EXPECT_GT(placement.drawn(at.x, at.y), 0);
      ++drawn[quadrant(at.x, at.y)];
    }
    for (int q = 0; q < 4; ++q)
      EXPECT_NEAR(drawn[q], draws * expected[q], 4 * std::sqrt(draws * expected[q] * (1 - expected[q]))) << q;
  }
}

// The width that leave-one-out favours for n normal points of width s is s sqrt-law narrow: between s / 3 and s.
TEST(Placement, WidthIsThatOfTheRows) {
  std::vector<SourcePlace> rows;
  for (const sky::PixelPosition& row : clustered(200)) rows.push_back({row.x, row.y, 1});
  const double width = width_by_leave_one_out(rows, 2000, 0.1);
  EXPECT_GT(width, 4.0 / 3);
  EXPECT_LT(width, 4);
  std::vector<SourcePlace> wide = rows;
  for (SourcePlace& row : wide) row = {3 * row.x, 3 * row.y, 1};
  EXPECT_NEAR(width_by_leave_one_out(wide, 9 * 2000, 0.1), 3 * width, 0.3);
}

// Behind a lens that stretches x four times the density is round in the source plane: as far as d along y falls off as
// much as 4 d along x.
TEST(Placement, DensityIsSmoothInTheSourcePlane) {
  const ToSource stretched = [](sky::PixelPosition p) { return SourcePlace{p.x / 4, p.y, 0.25}; };
  std::vector<sky::PixelPosition> rows;  // a ring of radius 2 in the source plane
  for (int k = 0; k < 16; ++k)
    rows.push_back({30 + 8 * std::cos(k * units::pi / 8), 30 + 2 * std::sin(k * units::pi / 8)});
  const Placement placement(disc(), placement_side, placement_side, rows, {PlacementKind::catalogue, 0.2},
                            stretched);
  const auto fall = [&](double x, double y) {
    return placement.clumps(30 + x, 30 + y) / placement.clumps(30, 30);
  };
  for (const double d : {2.0, 4.0}) {
    EXPECT_NEAR(fall(4 * d, 0), fall(0, d), 1e-9) << d;
    EXPECT_NEAR(fall(-4 * d, 0), fall(0, -d), 1e-9) << d;
  }
  EXPECT_LT(fall(0, 12), 0.1);
  EXPECT_NEAR(sum_over_disc([&](double x, double y) { return placement.clumps(x, y); }), 1, 1e-12);
}

// The density has the variance of its rows: kernels alone would add their own. 40 rows, their scatter to 10%.
TEST(Placement, DensityIsNoWiderThanItsRows) {
  const std::vector<sky::PixelPosition> rows = clustered(40);
  const Placement placement(disc(), placement_side, placement_side, rows, {PlacementKind::catalogue, 0.2});
  double x = 0, variance = 0, mean = 0, square = 0;
  for (const sky::PixelPosition& row : rows) x += row.x / 40;
  for (const sky::PixelPosition& row : rows) variance += (row.x - x) * (row.x - x) / 40;
  for (const sky::PixelPosition& place : disc()) {
    mean += placement.clumps(place.x, place.y) * place.x;
    square += placement.clumps(place.x, place.y) * place.x * place.x;
  }
  EXPECT_NEAR(mean, x, 0.1);
  EXPECT_NEAR(std::sqrt(square - mean * mean), std::sqrt(variance), 0.1 * std::sqrt(variance));
}

// Where the lens magnifies ten times, sources of the same density have a tenth of the images.
TEST(Placement, MagnificationThinsImages) {
  const ToSource half_magnified = [](sky::PixelPosition p) {
    return SourcePlace{0, 0, p.x < 30 ? 0.1 : 1.0};
  };
  const Placement placement(disc(), placement_side, placement_side, clustered(40),
                            {PlacementKind::catalogue, 0.2}, half_magnified);
  EXPECT_NEAR(placement.clumps(20, 30) / placement.clumps(40, 30), 0.1, 1e-12);
}

TEST(Placement, FewRowsArePlacedEvenly) {
  const Placement placement(disc(), placement_side, placement_side, clustered(4),
                            {PlacementKind::catalogue, 0.2});
  EXPECT_TRUE(std::isnan(placement.width()));
  EXPECT_EQ(placement.clumps(30, 30), placement.uniform(30, 30));
  EXPECT_NEAR(placement.drawn(30, 30), placement.uniform(30, 30), 1e-18);
}

}  // namespace
}  // namespace arcproof::mocks

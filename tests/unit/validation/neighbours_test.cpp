// The tree against its slow twin: a loop over all points.
#include "validation/neighbours.h"

#include "engine/core/missing.h"
#include "engine/core/random.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

struct Points {
  std::vector<double> x, y;
};

std::vector<Neighbour> by_loop(const Points& points, double x, double y, Scales scales = {}) {
  std::vector<Neighbour> all;
  for (std::size_t i = 0; i < points.x.size(); ++i)
    if (std::isfinite(points.x[i]) && std::isfinite(points.y[i]))
      all.push_back({std::hypot((points.x[i] - x) / scales.x, (points.y[i] - y) / scales.y), i});
  return all;
}

std::vector<Neighbour> within_by_loop(const Points& points, double x, double y, double reach) {
  std::vector<Neighbour> all = by_loop(points, x, y);
  std::erase_if(all, [&](const Neighbour& one) { return one.distance > reach; });
  return all;
}

std::vector<Neighbour> nearest_by_loop(const Points& points, double x, double y, std::size_t count,
                                       Scales scales) {
  std::vector<Neighbour> all = by_loop(points, x, y, scales);
  std::sort(all.begin(), all.end());
  all.resize(std::min(all.size(), count));
  return all;
}

// Half of them on whole numbers, so that many coincide and many distances are equal; one in ten is no number.
Points scattered(std::size_t count) {
  Random random({.seed = 3, .purpose = "neighbours"});
  Points points;
  for (std::size_t i = 0; i < count; ++i)
    for (std::vector<double>* axis : {&points.x, &points.y}) {
      const double value = random.uniform(0, 20);
      axis->push_back(i % 10 == 0 ? nan : i % 2 ? value : std::floor(value));
    }
  points.x[3] = HUGE_VAL;
  return points;
}

TEST(Neighbours, WithinReachAreThoseOfALoop) {
  for (const std::size_t count : {4U, 5U, 17U, 500U}) {
    const Points points = scattered(count);
    const Neighbours tree(points.x, points.y);
    for (double x = -2; x < 22; x += 1.5)
      for (double y = -2; y < 22; y += 1.5)
        for (const double reach : {0.0, 1.0, 3.0, 50.0})
          EXPECT_EQ(tree.within(x, y, reach), within_by_loop(points, x, y, reach));
  }
}

// Equal distances are told apart by the number of the point.
TEST(Neighbours, NearestAreThoseOfALoop) {
  const Points points = scattered(500);
  for (const Scales scales : {Scales{}, Scales{0.5, 0.2}, Scales{3, 0.01}}) {
    const Neighbours tree(points.x, points.y, scales);
    for (double x = -2; x < 22; x += 1)
      for (double y = -2; y < 22; y += 1)
        for (const std::size_t count : {0U, 1U, 5U, 60U, 1000U})
          EXPECT_EQ(tree.nearest(x, y, count), nearest_by_loop(points, x, y, count, scales));
  }
}

TEST(Neighbours, AreThoseAskedFor) {
  const std::vector<double> x{0, 1, 2, 3}, y{0, 0, 0, 0};
  const std::vector<std::size_t> odd{1, 3};
  const Neighbours tree(x, y, odd);
  ASSERT_EQ(tree.within(0, 0, 2.5).size(), 1U);
  EXPECT_EQ(tree.within(0, 0, 2.5)[0].point, 1U);
  EXPECT_EQ(tree.nearest(0, 0, 9).back().point, 3U);
}

TEST(Neighbours, OfNowhereAreNone) {
  const Neighbours tree(std::vector<double>{1}, std::vector<double>{1}), none(std::vector<double>{}, {});
  EXPECT_TRUE(tree.within(nan, 1, 10).empty());
  EXPECT_TRUE(tree.nearest(1, HUGE_VAL, 1).empty());
  EXPECT_TRUE(none.within(1, 1, 10).empty());
  EXPECT_TRUE(none.nearest(1, 1, 3).empty());
}

}  // namespace
}  // namespace arcproof::validation

#include "engine/core/interpolate.h"

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof {
namespace {

const std::vector<double> nodes = {1, 2, 4, 8};

void expect_bracket(const Bracket& found, std::size_t left, std::size_t right, double part) {
  EXPECT_EQ(found.left, left);
  EXPECT_EQ(found.right, right);
  EXPECT_DOUBLE_EQ(found.part, part);
}

TEST(Interpolate, FindsTheIntervalAndTheWeightOfItsRightNode) {
  expect_bracket(bracket(nodes, 1), 0, 1, 0);
  expect_bracket(bracket(nodes, 1.25), 0, 1, 0.25);
  expect_bracket(bracket(nodes, 2), 0, 1, 1);
  expect_bracket(bracket(nodes, 3), 1, 2, 0.5);
  expect_bracket(bracket(nodes, 8), 2, 3, 1);
}

TEST(Interpolate, GoesOnBeyondTheEndsOrIsHeldThere) {
  expect_bracket(bracket(nodes, 0.5), 0, 1, -0.5);
  expect_bracket(bracket(nodes, 10), 2, 3, 1.5);
  expect_bracket(held_bracket(nodes, 0.5), 0, 1, 0);
  expect_bracket(held_bracket(nodes, 10), 2, 3, 1);
  expect_bracket(held_log_bracket(nodes, 0.5), 0, 1, 0);
  expect_bracket(held_log_bracket(nodes, 10), 2, 3, 1);
}

TEST(Interpolate, WeightsByLogarithms) {
  expect_bracket(held_log_bracket(nodes, std::sqrt(8.0)), 1, 2, 0.5);
  expect_bracket(held_log_bracket(nodes, 4), 1, 2, 1);
}

TEST(Interpolate, OneNodeIsAConstant) {
  const std::array<double, 1> one = {3}, value = {7};
  for (const double at : {1.0, 3.0, 9.0}) {
    expect_bracket(bracket(one, at), 0, 0, 0);
    expect_bracket(held_bracket(one, at), 0, 0, 0);
    expect_bracket(held_log_bracket(one, at), 0, 0, 0);
    expect_bracket(even_bracket(one, at, 0.5), 0, 0, 0);
    EXPECT_EQ(interpolate(one, value, at), 7);
  }
}

TEST(Interpolate, ReachesBeyondAnEvenGridByAsMuchAsIsAsked) {
  const std::vector<double> even = {0, 2, 4, 6};
  expect_bracket(even_bracket(even, 3, 0.5), 1, 2, 0.5);
  expect_bracket(even_bracket(even, 2, 0.5), 1, 2, 0);
  expect_bracket(even_bracket(even, -0.5, 0.5), 0, 1, -0.25);
  expect_bracket(even_bracket(even, -5, 0.5), 0, 1, -0.5);
  expect_bracket(even_bracket(even, 9, 0.5), 2, 3, 1.5);
}

// A straight line is met everywhere; beyond the ends the end's value stands.
TEST(Interpolate, IsExactForAStraightLine) {
  std::vector<double> line;
  for (const double x : nodes) line.push_back(3 - 0.5 * x);
  for (double x = 1; x <= 8; x += 0.125) EXPECT_DOUBLE_EQ(interpolate(nodes, line, x), 3 - 0.5 * x) << x;
  EXPECT_EQ(interpolate(nodes, line, 0), 2.5);
  EXPECT_EQ(interpolate(nodes, line, 100), -1);
}

}  // namespace
}  // namespace arcproof

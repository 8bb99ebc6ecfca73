#include "engine/inference/damping.h"

#include <gtest/gtest.h>

namespace arcproof::inference {
namespace {

TEST(Damping, FallsByThreeWhereThePredictionWasRight) {
  Damping damping(0.3, 1e-12, 1e12);
  damping.step_taken(1);
  EXPECT_DOUBLE_EQ(damping.value(), 0.1);
  damping.step_taken(7);
  EXPECT_DOUBLE_EQ(damping.value(), 0.1 / 3);
}

TEST(Damping, StaysWhereHalfOfThePredictionWasFoundAndRisesBelow) {
  Damping damping(0.3, 1e-12, 1e12);
  damping.step_taken(0.5);
  EXPECT_DOUBLE_EQ(damping.value(), 0.3);
  damping.step_taken(0);
  EXPECT_DOUBLE_EQ(damping.value(), 0.6);
}

TEST(Damping, GrowsFasterWithEachRefusalInARow) {
  Damping damping(1, 1e-12, 100);
  damping.step_refused();
  damping.step_refused();
  EXPECT_DOUBLE_EQ(damping.value(), 8);
  damping.step_taken(0.5);
  damping.step_refused();
  EXPECT_DOUBLE_EQ(damping.value(), 16);
  EXPECT_FALSE(damping.exhausted());
  damping.step_refused();
  damping.step_refused();
  EXPECT_TRUE(damping.exhausted());
}

TEST(Damping, IsNeverBelowItsLeast) {
  Damping damping(1, 0.5, 100);
  damping.step_taken(1);
  EXPECT_EQ(damping.value(), 0.5);
}

}  // namespace
}  // namespace arcproof::inference

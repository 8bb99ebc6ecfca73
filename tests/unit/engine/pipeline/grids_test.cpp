#include "engine/pipeline/grids.h"

#include <gtest/gtest.h>

namespace arcproof::pipeline {
namespace {

TEST(Mask, TakesThePixelNearestToAPlace) {
  Array2D<unsigned char> mask(3, 2, 0);
  mask(2, 1) = 1;
  EXPECT_TRUE(in_mask(mask, 2, 1));
  EXPECT_TRUE(in_mask(mask, 1.6, 0.6));
  EXPECT_TRUE(in_mask(mask, 2.4, 1.4));
  EXPECT_FALSE(in_mask(mask, 1.4, 1));
  EXPECT_FALSE(in_mask(mask, 2, 0.4));
  EXPECT_FALSE(in_mask(mask, 2.6, 1));
  EXPECT_FALSE(in_mask(mask, -5, 1));
}

}  // namespace
}  // namespace arcproof::pipeline

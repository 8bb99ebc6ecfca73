#include "engine/core/array2d.h"

#include <numeric>

#include <gtest/gtest.h>

namespace arcproof {
namespace {

TEST(Array2D, XRunsFastest) {
  Array2D<int> array(3, 2);
  std::iota(array.begin(), array.end(), 0);
  EXPECT_EQ(array(0, 0), 0);
  EXPECT_EQ(array(2, 0), 2);
  EXPECT_EQ(array(0, 1), 3);
  EXPECT_EQ(array(2, 1), 5);
  EXPECT_EQ(array.row(1), &array(0, 1));
  EXPECT_EQ(array.data() + 5, &array(2, 1));
  EXPECT_EQ(array.size(), 6u);
}

TEST(Array2D, IsFilledWithItsValue) {
  EXPECT_EQ(Array2D<double>(2, 2)(1, 1), 0);
  EXPECT_EQ(Array2D<double>(2, 2, 7.5)(1, 1), 7.5);
}

TEST(Array2D, ContainsItsPixelsOnly) {
  const Array2D<int> array(3, 2);
  EXPECT_TRUE(array.contains(0, 0) && array.contains(2, 1));
  EXPECT_FALSE(array.contains(3, 0) || array.contains(0, 2) || array.contains(-1, 0) ||
               array.contains(0, -1));
}

TEST(Array2D, ShapeIsPartOfEquality) {
  EXPECT_EQ(Array2D<int>(3, 2), Array2D<int>(3, 2));
  EXPECT_NE(Array2D<int>(3, 2), Array2D<int>(2, 3));
  EXPECT_NE(Array2D<int>(3, 2), Array2D<int>(3, 2, 1));
  EXPECT_FALSE(Array2D<int>(3, 2).same_shape(Array2D<int>(2, 3)));
  EXPECT_TRUE(Array2D<int>(0, 5).empty());
  EXPECT_TRUE(Array2D<int>().empty());
}

TEST(Array2D, NegativeShapesAreRefused) {
  EXPECT_THROW(Array2D<int>(-1, 0), ContractError);
  EXPECT_THROW(Array2D<int>(-1, -1), ContractError);
}

TEST(Array2D, OneNegativeSideIsRefused) {
  EXPECT_THROW(Array2D<int>(-1, 3), ContractError);
  EXPECT_THROW(Array2D<int>(3, -1), ContractError);
}

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
}  // namespace arcproof

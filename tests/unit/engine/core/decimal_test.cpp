#include "engine/core/decimal.h"

#include <gtest/gtest.h>

namespace arcproof {
namespace {

TEST(Decimal, NumbersInDecimalDigitsAndNothingElse) {
  EXPECT_EQ(decimal_number("1e-3"), 1e-3);
  EXPECT_EQ(decimal_number("+2"), 2);
  EXPECT_EQ(decimal_number("-.5"), -0.5);
  for (const char* text : {"", "+", "0x10", "0X1p3", " 1", "1 ", "1,5", "+-1", "one", "1e999"})
    EXPECT_FALSE(decimal_number(text)) << text;
}

}  // namespace
}  // namespace arcproof

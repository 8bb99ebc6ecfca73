#include "engine/core/exponential_integral.h"

#include "engine/core/error.h"
#include "tests/unit/engine/population/brute_force.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof::population {
namespace {

// Relative 1e-12 asked by the use (an error of 60e-12 in a log likelihood); 1e-13 promised.
TEST(ExponentialIntegral, EqualsQuadratureOverThePriorAndBeyond) {
  for (int i = 0; i <= 64; ++i)
    for (const double x : {1e-7, 1e-5, 2e-3, 0.01, 0.1, 0.5, 1.0, 1.499, 1.501, 3.0, 20.0}) {
      const double p = i / 16.0, twin = brute_force::normalisation(-p, x);
      EXPECT_NEAR(generalised_exponential_integral(p, x) / twin, 1, 1e-13) << p << " " << x;
    }
}

// The series has removable poles at p = 1, 2, 3: approach them from both sides.
TEST(ExponentialIntegral, IsSmoothAtIntegerOrders) {
  for (const double p : {1.0, 2.0, 3.0})
    for (const double offset : {-1e-3, -1e-6, -1e-9, -1e-12, -1e-15, 0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3}) {
      const double twin = brute_force::normalisation(-p - offset, 0.02);
      EXPECT_NEAR(generalised_exponential_integral(p + offset, 0.02) / twin, 1, 1e-13) << p << " " << offset;
    }
}

TEST(ExponentialIntegral, ClosedForms) {
  EXPECT_NEAR(generalised_exponential_integral(0, 0.3), std::exp(-0.3) / 0.3, 1e-14);
  EXPECT_NEAR(generalised_exponential_integral(0.5, 0.3), std::sqrt(M_PI / 0.3) * std::erfc(std::sqrt(0.3)),
              1e-14);
  EXPECT_NEAR(generalised_exponential_integral(-1, 0.3), std::exp(-0.3) * (1 / 0.3 + 1 / 0.09), 1e-13);
  EXPECT_DOUBLE_EQ(generalised_exponential_integral(1.9, 0), 1 / 0.9);
  EXPECT_EQ(generalised_exponential_integral(0.7, 0), std::numeric_limits<double>::infinity());
  EXPECT_EQ(generalised_exponential_integral(1.9, 1e4), 0);
  EXPECT_THROW(generalised_exponential_integral(1.9, -0.1), ContractError);
}

}  // namespace
}  // namespace arcproof::population

#include "validation/checks/criteria.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

Metrics metrics() {
  Metrics m;
  m.set("bias", -0.05);
  m.set("broken", std::nan(""));
  m.set("endless", HUGE_VAL);
  return m;
}

Verdict judged(const std::string& metric, std::optional<double> min, std::optional<double> max) {
  return judge({{metric, min, max, "why"}}, metrics()).at(0);
}

TEST(Criteria, BoundsAreIncluded) {
  EXPECT_TRUE(judged("bias", -0.05, {}).passed);
  EXPECT_TRUE(judged("bias", {}, -0.05).passed);
  EXPECT_FALSE(judged("bias", -0.04999, {}).passed);
  EXPECT_FALSE(judged("bias", {}, -0.05001).passed);
}

TEST(Criteria, BothEndsCount) {
  EXPECT_TRUE(judged("bias", -0.1, 0.1).passed);
  EXPECT_FALSE(judged("bias", 0, 0.1).passed);
  EXPECT_FALSE(judged("bias", -0.2, -0.1).passed);
}

TEST(Criteria, NumbersThatCouldNotBeComputedFail) {
  EXPECT_FALSE(judged("broken", {}, {}).passed);
  EXPECT_FALSE(judged("endless", 0, {}).passed);
  const Verdict missing = judged("absent", {}, {});
  EXPECT_FALSE(missing.passed);
  EXPECT_TRUE(std::isnan(missing.value));
}

TEST(Criteria, EveryCriterionGetsItsVerdictInOrder) {
  const auto verdicts = judge({{"absent", {}, {}, ""}, {"bias", {}, 0, "well"}}, metrics());
  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(verdicts[0].criterion.metric, "absent");
  EXPECT_EQ(verdicts[1].criterion.why, "well");
  EXPECT_EQ(verdicts[1].value, -0.05);
  EXPECT_TRUE(verdicts[1].passed);
}

TEST(Metrics, KeepTheOrderOfComputation) {
  const Metrics m = metrics();
  ASSERT_EQ(m.all().size(), 3u);
  EXPECT_EQ(m.all()[0].first, "bias");
  EXPECT_EQ(m.find("bias"), -0.05);
  EXPECT_FALSE(m.find("absent"));
}

}  // namespace
}  // namespace arcproof::validation

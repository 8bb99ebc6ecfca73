#include "engine/core/error.h"

#include <gtest/gtest.h>

namespace arcproof {
namespace {

TEST(Error, ComplaintIsOneSentence) {
  EXPECT_STREQ(InputError({"a.json", "seed", "'x'", "an integer"}).what(),
               "a.json: seed: found 'x'; allowed: an integer");
}

TEST(Error, EmptyPartsLeaveNoMark) {
  EXPECT_STREQ(InputError({"a.json", "", "nothing", ""}).what(), "a.json: found nothing");
  EXPECT_STREQ(InputError({"", "--threads", "0", "1 or more"}).what(),
               "--threads: found 0; allowed: 1 or more");
  EXPECT_STREQ(InputError({"", "", "0", ""}).what(), "found 0");
}

TEST(Error, PartsAreKept) {
  const InputError error({"a", "b", "c", "d"});
  EXPECT_EQ(error.complaint().file + error.complaint().key, "ab");
  EXPECT_EQ(error.complaint().found + error.complaint().allowed, "cd");
}

TEST(Error, BrokenContractNamesThePlaceOfTheCall) {
  EXPECT_NO_THROW(require(true, "holds"));
  try {
    require(false, "width is positive");
    FAIL();
  } catch (const ContractError& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("error_test.cpp:"), std::string::npos) << what;
    EXPECT_NE(what.find("broken contract: width is positive"), std::string::npos) << what;
  }
}

}  // namespace
}  // namespace arcproof

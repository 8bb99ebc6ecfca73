#include "engine/io/hdu_path.h"

#include "engine/core/error.h"

#include <gtest/gtest.h>

namespace arcproof::io {
namespace {

TEST(HduPath, IsAFileOrAFileAndAnHdu) {
  EXPECT_EQ(split_hdu("a/b.fits", "", "k").path, "a/b.fits");
  EXPECT_EQ(split_hdu("a/b.fits", "", "k").hdu, "");
  EXPECT_EQ(split_hdu("a/b.fits[SCI]", "", "k").path, "a/b.fits");
  EXPECT_EQ(split_hdu("a/b.fits[SCI]", "", "k").hdu, "SCI");
  EXPECT_EQ(split_hdu("b[1].fits[2]", "", "k").path, "b[1].fits");
  EXPECT_EQ(split_hdu("b[1].fits[2]", "", "k").hdu, "2");
  EXPECT_EQ(split_hdu("b[1].fits", "", "k").path, "b[1].fits");
  EXPECT_EQ(split_hdu("b.fits[2]", "", "k").text(), "b.fits[2]");
}

TEST(HduPath, RefusesWhatIsNeither) {
  for (const char* text : {"", "[2]", "b.fits]", "b.fits[]"}) {
    try {
      split_hdu(text, "recipe.json", "deflection_x");
      ADD_FAILURE() << text;
    } catch (const InputError& error) {
      EXPECT_EQ(error.complaint().file, "recipe.json");
      EXPECT_EQ(error.complaint().key, "deflection_x");
    }
  }
}

}  // namespace
}  // namespace arcproof::io

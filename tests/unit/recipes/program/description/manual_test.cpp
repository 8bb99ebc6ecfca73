#include "recipes/program/description/manual.h"

#include "engine/io/files.h"
#include "tests/support/data.h"

#include <gtest/gtest.h>

namespace arcproof::recipes {
namespace {

// docs/recipe_keys.md is what the program prints: arcproof schema --markdown > docs/recipe_keys.md
TEST(Manual, IsThePageInTheDocs) {
  EXPECT_TRUE(recipe_manual() == io::read_text(tests::source_folder() / "docs/recipe_keys.md"))
      << "make it anew: arcproof schema --markdown > docs/recipe_keys.md";
}

TEST(Manual, TellsDefaultLimitsUnitAndKind) {
  const std::string manual = recipe_manual();
  for (const char* row :
       {"| `name` | required |  | name of the band, such as F150W |",
        "| `threshold_sigma` | `1.5` | &gt; 0, &le; 1e+06 | detection threshold, per pixel of the filtered "
        "image "
        "[sigma of the error image] |",
        "| `noise` | `\"correlated\"` | `white`, `correlated` |", "| `map_sign` |  | `-1`, `1` |",
        "kind lenstool: the model, best.par"})
    EXPECT_NE(manual.find(row), std::string::npos) << row;
}

}  // namespace
}  // namespace arcproof::recipes

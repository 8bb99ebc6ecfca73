#include "recipes/program/campaign/line_widths.h"

#include "engine/io/files.h"
#include "engine/sed/equivalent_width.h"
#include "recipes/program/description/light.h"
#include "tests/support/data.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::recipes {
namespace {

// Every row is the width of its own line, history, metallicity and age, with the gas of the recipe's fits.
TEST(EmissionLineWidths, AreThoseOfTheFits) {
  const std::filesystem::path folder = tests::scratch_folder("line-widths");
  io::write_text(folder / "recipe.json", R"({
    "name": "lines", "bands": [{"name": "F150W"}, {"name": "F200W"}], "fields": [{"name": "sky", "z": 1.4}],
    "covering_fraction": 0.6, "pipeline": {"sed_grid": {"metallicity": [0.004, 0.02]}}})");
  const Recipe recipe = read_recipe(folder, {});
  const Inputs inputs = read_inputs(recipe);
  const io::Table t = emission_line_widths(recipe, inputs);
  const std::size_t ages = sed::young_ages_myr().size();
  ASSERT_EQ(t.rows(), 3 * 2 * 2 * ages);
  for (std::size_t i = 0; i < t.rows(); i += 7) {
    const std::string& line = t.texts("line")[i];
    const sed::MeasuredLine& measured = line == "H-alpha"  ? sed::measured_lines[0]
                                        : line == "H-beta" ? sed::measured_lines[1]
                                                           : sed::measured_lines[2];
    const bool burst = t.texts("history")[i] == "burst";
    EXPECT_EQ(t.texts("history")[i], burst ? "burst" : "10 Myr");
    const sed::Population population{
        t.reals("age_myr")[i], t.reals("metallicity")[i], 0, {burst ? 0.0 : 10.0}};
    EXPECT_EQ(t.reals("equivalent_width")[i],
              sed::line_light(*inputs.analysis_library, population, measured, {.covering_fraction = 0.6})
                  .equivalent_width_angstrom())
        << line << " " << i;
  }
}

}  // namespace
}  // namespace arcproof::recipes

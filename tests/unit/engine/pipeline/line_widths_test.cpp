#include "engine/pipeline/line_widths.h"

#include "engine/sed/equivalent_width.h"
#include "engine/sed/libraries/analytic_library.h"

#include <gtest/gtest.h>

namespace arcproof::pipeline {
namespace {

// Every row is the width of its own line, history, metallicity and age, with the gas that was asked for.
TEST(EmissionLineWidths, AreThoseOfTheFits) {
  const sed::Library library = sed::analytic_library();
  const sed::SynthesisOptions light{.covering_fraction = 0.6};
  const io::Table t = emission_line_widths(library, {{10}}, {0.004, 0.02}, light);
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
              sed::line_light(library, population, measured, light).equivalent_width_angstrom())
        << line << " " << i;
  }
}

// A burst among the histories of the fits is not shown twice.
TEST(EmissionLineWidths, ShowABurstOnce) {
  const io::Table t = emission_line_widths(sed::analytic_library(), {{0}}, {0.02}, {});
  EXPECT_EQ(t.rows(), 3 * sed::young_ages_myr().size());
}

}  // namespace
}  // namespace arcproof::pipeline

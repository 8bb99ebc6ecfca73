#include "reports/drawing/line_widths.h"

#include "reports/drawing/gnuplot.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::reports {
namespace {

/// Two lines, two histories, two ages; one width is missing.
io::Table lines() {
  io::Table t("LINES");
  t.add("line", "", "", io::Texts{"a", "a", "a", "a", "b", "b"});
  t.add("history", "", "", io::Texts{"10 Myr", "10 Myr", "burst", "burst", "10 Myr", "10 Myr"});
  t.add("metallicity", "", "", io::Reals{0.02, 0.02, 0.02, 0.02, 0.02, 0.02});
  t.add("age_myr", "", "", io::Reals{1, 2, 1, 2, 1, 2});
  t.add("equivalent_width", "", "", io::Reals{300, 200, 100, 5, 1234, std::nan("")});
  return t;
}

TEST(LineWidths, AreTheRowsOfATable) {
  const std::vector<LineWidths> widths = line_widths_of(lines());
  ASSERT_EQ(widths.size(), 3U);
  EXPECT_EQ(widths[0].line, "a");
  EXPECT_EQ(widths[0].population, "Z = 0.02");
  EXPECT_FALSE(widths[0].burst);
  EXPECT_TRUE(widths[1].burst);
  EXPECT_EQ(widths[2].line, "b");
  ASSERT_EQ(widths[1].steps.size(), 2U);
  EXPECT_EQ(widths[1].steps[1].age_myr, 2);
  EXPECT_EQ(widths[1].steps[1].width_angstrom, 5);
}

TEST(LineWidths, StandInATableAtTheAgesAskedFor) {
  const std::string table = line_width_table(line_widths_of(lines()), {2, 1, 3});
  const auto cells = [](const char* a, const char* b) {
    return std::string("<td>") + a + "</td><td>" + b + "</td><td>\u2013</td>";
  };
  EXPECT_NE(table.find(cells("200", "300")), std::string::npos) << table;
  EXPECT_NE(table.find(cells("\u2013", "1,230")), std::string::npos) << table;
  EXPECT_EQ(table.find(cells("5.00", "100")), std::string::npos) << table;  // bursts are in the figures alone
}

TEST(LineWidths, HaveAFigureForEachLine) {
  const std::vector<html::Figure> figures = line_width_figures(line_widths_of(lines()));
  ASSERT_EQ(figures.size(), 2U);
  EXPECT_EQ(figures[0].title, "a");
  EXPECT_NE(figures[1].body.find("<svg"), std::string::npos);
}

}  // namespace
}  // namespace arcproof::reports

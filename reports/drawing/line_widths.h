// Equivalent widths of emission lines against age: figures and a table, from plain numbers.
#pragma once

#include "engine/io/table.h"
#include "reports/drawing/html.h"

#include <string>
#include <string_view>
#include <vector>

namespace arcproof::reports {

/// One line of one kind of population, along its age.
struct LineWidths {
  std::string line;        ///< "H-alpha"
  std::string population;  ///< "Z = 0.004"
  bool burst = false;      ///< drawn dashed, for comparison; not in the table
  struct Step {
    double age_myr, width_angstrom;
  };
  std::vector<Step> steps;  ///< by age
};

/// For the page: where not to believe them (engine/sed/equivalent_width.h).
inline constexpr std::string_view line_width_note =
    "[O III] falls with the age of the stars as in photo-ionisation models of single bursts, to 0.4 dex (at "
    "solar metallicity 1 dex).";

/// Of the rows of LINES of a run's line_widths.fits: by line, history, metallicity and age. Bursts are such
/// where there are other histories.
std::vector<LineWidths> line_widths_of(const io::Table& lines);

/// A figure for each line, in the order of their first appearance; one colour a population. Where no line is
/// above 0, one figure that says so. Throws SystemError as Plot::svg.
std::vector<html::Figure> line_width_figures(const std::vector<LineWidths>& widths);

/// A row for each line and population, a column for each of the ages that is among the steps.
std::string line_width_table(const std::vector<LineWidths>& widths, const std::vector<double>& ages_myr);

}  // namespace arcproof::reports

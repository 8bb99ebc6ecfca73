#include "recipes/program/campaign/line_widths.h"

#include "engine/sed/equivalent_width.h"
#include "recipes/program/description/light.h"

#include <algorithm>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

std::vector<sed::StarFormation> histories_shown(const Recipe& recipe) {
  std::vector<sed::StarFormation> histories = recipe.grid.histories;
  const sed::StarFormation burst;
  if (std::find(histories.begin(), histories.end(), burst) == histories.end()) histories.push_back(burst);
  return histories;
}

}  // namespace

io::Table emission_line_widths(const Recipe& recipe, const Inputs& inputs) {
  io::Texts lines, histories;
  io::Reals metallicities, ages, widths;
  for (const sed::MeasuredLine& line : sed::measured_lines)
    for (const sed::StarFormation& history : histories_shown(recipe))
      for (const double metallicity : recipe.grid.metallicity)
        for (const double age : sed::young_ages_myr()) {
          lines.emplace_back(line.name);
          histories.push_back(history.duration_myr > 0 ? fmt::format("{:g} Myr", history.duration_myr)
                                                       : "burst");
          metallicities.push_back(metallicity);
          ages.push_back(age);
          widths.push_back(sed::line_light(*inputs.analysis_library, {age, metallicity, 0, history}, line,
                                           analysis_light(recipe))
                               .equivalent_width_angstrom());
        }
  io::Table table("LINES");
  table.add("line", "", "emission line", std::move(lines));
  table.add("history", "", "burst, or time over which stars form at a constant rate", std::move(histories));
  table.add("metallicity", "", "mass fraction Z", std::move(metallicities));
  table.add("age_myr", "Myr", "since star formation began", std::move(ages));
  table.add("equivalent_width", "Angstrom", "rest frame, emission alone, without dust", std::move(widths));
  return table;
}

}  // namespace arcproof::recipes

#include "engine/pipeline/line_widths.h"

#include "engine/sed/equivalent_width.h"

#include <algorithm>

#include <fmt/format.h>

namespace arcproof::pipeline {
namespace {

std::vector<sed::StarFormation> and_a_burst(std::vector<sed::StarFormation> histories) {
  const sed::StarFormation burst;
  if (std::find(histories.begin(), histories.end(), burst) == histories.end()) histories.push_back(burst);
  return histories;
}

std::string name_of(const sed::StarFormation& history) {
  return history.duration_myr > 0 ? fmt::format("{:g} Myr", history.duration_myr) : "burst";
}

}  // namespace

io::Table emission_line_widths(const sed::Library& library, const std::vector<sed::StarFormation>& of_fits,
                               const std::vector<double>& metallicities_of_fits,
                               const sed::SynthesisOptions& light) {
  io::Texts lines, histories;
  io::Reals metallicities, ages, widths;
  for (const sed::MeasuredLine& line : sed::measured_lines)
    for (const sed::StarFormation& history : and_a_burst(of_fits))
      for (const double metallicity : metallicities_of_fits)
        for (const double age : sed::young_ages_myr()) {
          lines.emplace_back(line.name);
          histories.push_back(name_of(history));
          metallicities.push_back(metallicity);
          ages.push_back(age);
          widths.push_back(sed::line_light(library, {age, metallicity, 0, history}, line, light)
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

}  // namespace arcproof::pipeline

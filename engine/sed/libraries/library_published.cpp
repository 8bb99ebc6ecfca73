// Readers of BPASS, Starburst99 and Maraston (2005).
#include "engine/sed/libraries/library_published.h"

#include "engine/core/error.h"

#include <map>
#include <regex>

#include <fmt/format.h>

namespace arcproof::sed::formats {
namespace fs = std::filesystem;
namespace {

double bpass_metallicity(const fs::path& path) {
  std::smatch match;
  const std::string name = path.filename().string();
  if (!std::regex_search(name, match, std::regex("\\.z(em[45]|[0-9]{3})\\.")))
    refuse(path, "metallicity", "the name " + name, "a name with .z001. ... .z040., .zem4. or .zem5.");
  const std::string text = match[1].str();
  if (text.starts_with("em")) return text == "em4" ? 1e-4 : 1e-5;
  return std::stod(text) * 1e-3;
}

double maraston_metallicity(const fs::path& path) {
  static const std::map<std::string, double> known{{"10m4", 1e-4}, {"0001", 1e-3}, {"001", 0.01},
                                                   {"002", 0.02},  {"004", 0.04},  {"007", 0.07}};
  std::smatch match;
  const std::string name = path.filename().string();
  if (!std::regex_search(name, match, std::regex("z(10m4|0001|001|002|004|007)\\.")))
    refuse(path, "metallicity", "the name " + name, "a name with z10m4, z0001, z001, z002, z004 or z007");
  return known.at(match[1].str());
}

}  // namespace

Burst read_bpass(const fs::path& path) {
  constexpr std::size_t ages = 51;
  Burst burst;
  burst.metallicity = bpass_metallicity(path);
  for (std::size_t n = 0; n < ages; ++n) burst.age_myr.push_back(std::pow(10, 0.1 * static_cast<double>(n)));
  std::vector<std::vector<double>> rows;
  Numbers numbers(path);
  std::vector<double> line;
  while (numbers.next_line(line)) {
    if (line.empty()) continue;
    if (line.size() != ages + 1)
      numbers.fail(fmt::format("{} numbers", line.size()), "52: wavelength, 51 ages");
    burst.wavelength_angstrom.push_back(line.front());
    rows.push_back(line);
  }
  const double unit = 1e-6 * old_solar_luminosity_erg_s / units::solar_luminosity_erg_s;
  for (std::size_t age = 0; age < ages; ++age)
    for (const std::vector<double>& row : rows) burst.luminosity.push_back(as_light(unit * row[1 + age]));
  return burst;
}
Burst read_starburst99(const fs::path& path, const LibrarySource& source) {
  Burst burst;
  burst.metallicity = given_metallicity(source, path);
  Blocks blocks(burst);
  Numbers numbers(path);
  std::vector<double> line;
  while (numbers.next_line(line)) {
    if (line.empty()) continue;
    if (line.size() < 4) {
      if (burst.age_myr.empty()) continue;  // the head
      numbers.fail(fmt::format("{} numbers", line.size()),
                   "time, wavelength, log total, log stellar, log nebular");
    }
    blocks.add(numbers, line[0] * 1e-6, line[1],
               std::pow(10, line[3]) / source.mass_msun / units::solar_luminosity_erg_s);
  }
  blocks.check(numbers);
  return burst;
}

Burst read_maraston2005(const fs::path& path) {
  Burst burst;
  burst.metallicity = maraston_metallicity(path);
  Blocks blocks(burst);
  Numbers numbers(path);
  std::vector<double> line;
  while (numbers.next_line(line)) {
    if (line.empty()) continue;
    if (line.size() != 4)
      numbers.fail(fmt::format("{} numbers", line.size()), "age, [Z/H], wavelength, luminosity");
    blocks.add(numbers, line[0] * 1e3, line[2], line[3] / units::solar_luminosity_erg_s);
  }
  blocks.check(numbers);
  return burst;
}

}  // namespace arcproof::sed::formats

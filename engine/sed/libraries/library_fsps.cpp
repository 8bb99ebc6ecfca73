// The .spec files of FSPS (Conroy, Gunn & White 2009; Conroy & Gunn 2010), of a burst of 1 Msun: lines of
// text after "#", among them Log(Z/Zsol); number of ages and of wavelengths; wavelengths [Angstrom]; for each
// age log age [yr], log mass in stars and remnants [Msun], log L, log of the star formation rate; then the
// spectrum [Lsun/Hz, Lsun = 3.839e33 erg/s].
#include "engine/sed/libraries/library_fsps.h"

#include "engine/core/error.h"

#include <fmt/format.h>

namespace arcproof::sed::formats {
namespace fs = std::filesystem;
namespace {

constexpr double fsps_solar_luminosity_erg_s = 3.839e33;

/// Reads the lines of text; `line` is then the first with numbers.
double metallicity_of(Numbers& numbers, std::vector<double>& line, const fs::path& path,
                      const LibrarySource& source) {
  double metallicity = source.metallicity;
  while (numbers.next_line(line) && numbers.text().find_first_of('#') != std::string_view::npos) {
    const std::string_view text = numbers.text();
    const bool tells = text.find("Log(Z/Z") != std::string_view::npos;
    if (tells && !(source.metallicity > 0) && text.find("tabulated") == std::string_view::npos)
      metallicity = source.solar_metallicity * std::pow(10, numbers.first_number());
  }
  if (!(metallicity > 0))
    refuse(path, "metallicity", "none in the file", "a number Z with " + called(source.names, "metallicity"));
  return metallicity;
}

std::size_t count_of(const Numbers& numbers, double value, const char* what) {
  if (!(value >= 1 && value < 1e6 && value == std::floor(value)))
    numbers.fail(fmt::format("{:g} {}", value, what), "a number of ages and one of wavelengths");
  return static_cast<std::size_t>(value);
}

std::vector<double> list(Numbers& numbers, std::size_t count, const char* what) {
  std::vector<double> values;
  fill(numbers, values, count, what);
  if (values.size() != count)
    numbers.fail(fmt::format("{} {}", values.size(), what), fmt::format("{}", count));
  return values;
}

void read_age(Numbers& numbers, Burst& burst) {
  constexpr double none = -90;  // log of a rate of 1e-99
  const std::vector<double> head = list(numbers, 4, "of log age, mass, luminosity and rate");
  if (head[3] > none)
    numbers.fail(fmt::format("a star formation rate of 10^{:g}", head[3]), "a burst: 10^-99");
  burst.age_myr.push_back(std::pow(10, head[0] - 6));
  burst.surviving_mass.push_back(std::pow(10, head[1]));
  constexpr double unit = fsps_solar_luminosity_erg_s / units::solar_luminosity_erg_s;
  const std::vector<double> light = list(numbers, burst.wavelength_angstrom.size(), "luminosities");
  for (std::size_t i = 0; i < light.size(); ++i) {
    const double wavelength = burst.wavelength_angstrom[i];
    burst.luminosity.push_back(
        as_light(unit * light[i] * units::speed_of_light_angstrom_s / (wavelength * wavelength)));
  }
}

}  // namespace

Burst read_fsps(const fs::path& path, const LibrarySource& source) {
  Numbers numbers(path);
  std::vector<double> line;
  Burst burst;
  burst.metallicity = metallicity_of(numbers, line, path, source);
  if (line.size() != 2)
    numbers.fail(fmt::format("{} numbers", line.size()), "the numbers of ages and wavelengths");
  const std::size_t ages = count_of(numbers, line[0], "ages"),
                    waves = count_of(numbers, line[1], "wavelengths");
  burst.wavelength_angstrom = list(numbers, waves, "wavelengths");
  for (std::size_t age = 0; age < ages; ++age) read_age(numbers, burst);
  return burst;
}

}  // namespace arcproof::sed::formats

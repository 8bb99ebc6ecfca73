// What GALAXEV (Bruzual & Charlot 2003, and the models of 2007) writes as text, and what its files are
// called.
#include "engine/sed/libraries/library_galaxev.h"

#include "engine/core/error.h"

#include <cctype>
#include <map>
#include <regex>

#include <fmt/format.h>

namespace arcproof::sed::formats {
namespace fs = std::filesystem;
namespace {

/// Skips text until a line with at least a counted list's beginning of increasing values.
std::vector<double> find_wavelengths(Numbers& numbers) {
  std::vector<double> line;
  while (numbers.next_line(line)) {
    const bool list = line.size() >= 3 && line[0] == std::floor(line[0]) && line[0] > 100 &&
                      std::is_sorted(line.begin() + 1, line.end());
    if (list) return counted(numbers, line, "wavelengths");
  }
  numbers.fail("the end of the file", "a list of wavelengths after the ages");
}

/// Fluxes of one age. Spectral indices that follow, on the same line or the next, are passed over.
std::vector<double> spectrum_of_an_age(Numbers& numbers, std::size_t waves) {
  std::vector<double> line;
  if (!numbers.next_line(line)) numbers.fail("the end of the file", "a spectrum for every age");
  if (line.empty() || line.front() != static_cast<double>(waves))
    numbers.fail("no spectrum", fmt::format("{} fluxes", waves));
  std::vector<double> values = counted(numbers, line, "fluxes");
  line.assign(values.begin() + static_cast<std::ptrdiff_t>(waves), values.end());
  if (line.empty() && !numbers.next_line(line)) numbers.fail("the end of the file", "the spectral indices");
  counted(numbers, line, "spectral indices");
  values.resize(waves);
  return values;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string imf_name(const std::string& abbreviation) {
  if (abbreviation.starts_with("chab")) return "Chabrier (2003), 0.1-100 Msun";
  if (abbreviation.starts_with("salp")) return "Salpeter (1955), 0.1-100 Msun";
  if (abbreviation.starts_with("kroup")) return "Kroupa (2001), 0.1-100 Msun";
  return abbreviation;
}

}  // namespace

GalaxevName galaxev_name(const fs::path& path) {
  static const std::map<std::string, double> padova1994{
      {"22", 0.0001}, {"32", 0.0004}, {"42", 0.004}, {"52", 0.008}, {"62", 0.02}, {"72", 0.05}, {"82", 0.1}};
  static const std::map<std::string, double> padova2000{{"122", 0.0004}, {"132", 0.001}, {"142", 0.004},
                                                        {"152", 0.008},  {"162", 0.019}, {"172", 0.03}};
  static const std::regex pattern("(.*)_m(1?[2-8]2)_([A-Za-z]+).*");
  const std::string name = path.filename().string();
  std::smatch match;
  const bool matches = std::regex_match(name, match, pattern);
  const bool old = matches && padova1994.contains(match[2].str());
  if (!old && !(matches && padova2000.contains(match[2].str())))
    refuse(
        path, "metallicity", "the name " + name,
        "a name with _m22_, _m32_, ... _m82_ (Padova 1994) or _m122_, ... _m172_ (Padova 2000), followed by "
        "the IMF");
  const std::string head = match[1].str();
  return {old ? padova1994.at(match[2].str()) : padova2000.at(match[2].str()),
          head.starts_with("cb20") || head.starts_with("cb07") ? "cb07" : "bc03",
          lower(head.substr(head.rfind('_') + 1)), old ? "pad94" : "pad00", match[3].str()};
}

void describe_galaxev(const GalaxevName& name, Library& library) {
  library.name = fmt::format("{}-{}-{}-{}", name.models, name.atlas, name.tracks, name.imf);
  library.imf = imf_name(name.imf);
  library.citation = "Bruzual & Charlot 2003, MNRAS 344, 1000";
  if (name.models == "cb07") library.citation = "Bruzual 2007, ASPC 374, 303; " + library.citation;
}

Burst read_bc03_ascii(const fs::path& path) {
  Numbers numbers(path);
  std::vector<double> line;
  numbers.next_line(line);
  Burst burst;
  burst.metallicity = galaxev_name(path).metallicity;
  for (const double years : counted(numbers, line, "ages")) burst.age_myr.push_back(years * 1e-6);
  burst.wavelength_angstrom = find_wavelengths(numbers);
  const double unit = old_solar_luminosity_erg_s / units::solar_luminosity_erg_s;
  for (std::size_t age = 0; age < burst.age_myr.size(); ++age) {
    const std::vector<double> fluxes = spectrum_of_an_age(numbers, burst.wavelength_angstrom.size());
    for (const double flux : fluxes) burst.luminosity.push_back(as_light(unit * flux));
  }
  return burst;
}

}  // namespace arcproof::sed::formats

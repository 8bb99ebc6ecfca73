// Readers of the formats that libraries come in. Each makes bursts, one a metallicity, which are joined at
// the end.
#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "engine/sed/library_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <regex>

#include <fmt/format.h>

namespace arcproof::sed {
namespace fs = std::filesystem;
namespace {

/// Luminosity of the Sun in the units of BC03, M05 and their likes [erg/s]; ours is
/// units::solar_luminosity_erg_s.
constexpr double old_solar_luminosity_erg_s = 3.826e33;

struct Burst {
  double metallicity = 0;
  std::vector<double> wavelength_angstrom, age_myr;
  std::vector<float> luminosity;       ///< [age * wavelengths + wavelength]
  std::vector<double> surviving_mass;  ///< empty where unknown
};

double given_metallicity(const LibrarySource& source, const fs::path& path) {
  if (!(source.metallicity > 0)) refuse(path, "metallicity", "none in the file", "--metallicity Z");
  return source.metallicity;
}

/// Numbers of a text, line by line.
class Numbers {
 public:
  Numbers(const fs::path& path) : path_(path), text_(io::read_possibly_gzipped(path)) {}

  /// The numbers of the next line; false at the end. A word that is none ends the line.
  bool next_line(std::vector<double>& numbers) {
    numbers.clear();
    if (at_ >= text_.size()) return false;
    ++line_;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    while (at_ < end) {
      if (std::isspace(static_cast<unsigned char>(text_[at_]))) {
        ++at_;
        continue;
      }
      double value = 0;
      const auto [stop, error] = std::from_chars(text_.data() + at_, text_.data() + end, value);
      if (error != std::errc() ||
          (stop < text_.data() + end && !std::isspace(static_cast<unsigned char>(*stop))))
        break;
      numbers.push_back(value);
      at_ = static_cast<std::size_t>(stop - text_.data());
    }
    at_ = end + 1;
    return true;
  }

  [[noreturn]] void fail(const std::string& found, const std::string& allowed) const {
    refuse(path_, fmt::format("line {}", line_), found, allowed);
  }

 private:
  fs::path path_;
  std::string text_;
  std::size_t at_ = 0;
  int line_ = 0;
};

float as_light(double value) { return static_cast<float>(std::max(0.0, value)); }

// ---- cubes

Library read_cubes(const LibrarySource& source, const fs::path& path, std::vector<Burst>& bursts) {
  const io::FitsArray wave = io::read_fits_array(path, "WAVE"), age = io::read_fits_array(path, "AGE"),
                      light = io::read_fits_array(path, "STELLAR");
  const io::FitsHeader primary = io::read_fits_array(path, "0").header;
  const auto has = [&](const std::string& name) {
    const std::vector<std::string> names = io::fits_hdu_names(path);
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& hdu) { return hdu.ends_with("(" + name + ")"); });
  };
  const std::vector<double> metallicity =
      has("Z") ? io::read_fits_array(path, "Z").values : std::vector{given_metallicity(source, path)};
  const std::vector<double> mass =
      has("MSTAR") ? io::read_fits_array(path, "MSTAR").values : std::vector<double>{};
  const std::size_t waves = wave.values.size(), ages = age.values.size();
  if (light.values.size() != waves * ages * metallicity.size())
    refuse(path, "HDU STELLAR", fmt::format("{} values", light.values.size()),
           fmt::format("{} wavelengths x {} ages x {} metallicities", waves, ages, metallicity.size()));
  const double unit =
      primary.number("LSUN").value_or(old_solar_luminosity_erg_s) / units::solar_luminosity_erg_s;
  for (std::size_t iz = 0; iz < metallicity.size(); ++iz) {
    Burst& burst = bursts.emplace_back();
    burst.metallicity = metallicity[iz];
    burst.wavelength_angstrom = wave.values;
    for (const double years : age.values) burst.age_myr.push_back(years * 1e-6);
    for (std::size_t i = 0; i < ages * waves; ++i)
      burst.luminosity.push_back(as_light(unit * light.values[iz * ages * waves + i]));
    if (mass.size() == metallicity.size() * ages)
      burst.surviving_mass.assign(mass.begin() + static_cast<std::ptrdiff_t>(iz * ages),
                                  mass.begin() + static_cast<std::ptrdiff_t>((iz + 1) * ages));
  }
  Library library;
  library.name = primary.text("CONTENT").value_or("");
  library.imf = primary.text("IMF").value_or("");
  library.tracks = primary.text("TRACKS").value_or("");
  return library;
}

// ---- text formats

/// Numbers of consecutive lines until there are `count`, after those already in `values`.
void fill(Numbers& numbers, std::vector<double>& values, std::size_t count, const char* what) {
  std::vector<double> line;
  while (values.size() < count) {
    if (!numbers.next_line(line) || line.empty())
      numbers.fail(fmt::format("{} of {} {}", values.size(), count, what), "all of them");
    values.insert(values.end(), line.begin(), line.end());
  }
}

/// A counted list that begins with `line`.
std::vector<double> counted(Numbers& numbers, const std::vector<double>& line, const char* what) {
  const double count = line.empty() ? 0 : line.front();
  if (!(count >= 1 && count < 1e6 && count == std::floor(count)))
    numbers.fail(fmt::format("no number of {}", what), fmt::format("the number of {}", what));
  std::vector<double> values(line.begin() + 1, line.end());
  fill(numbers, values, static_cast<std::size_t>(count), what);
  return values;
}

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

double bc03_metallicity(const fs::path& path) {
  static const std::map<std::string, double> known{{"22", 0.0001}, {"32", 0.0004}, {"42", 0.004},
                                                   {"52", 0.008},  {"62", 0.02},   {"72", 0.05}};
  std::smatch match;
  const std::string name = path.filename().string();
  if (!std::regex_search(name, match, std::regex("_m(22|32|42|52|62|72)_")))
    refuse(path, "metallicity", "the name " + name, "a name with _m22_, _m32_, _m42_, _m52_, _m62_ or _m72_");
  return known.at(match[1].str());
}

Burst read_bc03_ascii(const fs::path& path) {
  Numbers numbers(path);
  std::vector<double> line;
  numbers.next_line(line);
  Burst burst;
  burst.metallicity = bc03_metallicity(path);
  for (const double years : counted(numbers, line, "ages")) burst.age_myr.push_back(years * 1e-6);
  burst.wavelength_angstrom = find_wavelengths(numbers);
  const double unit = old_solar_luminosity_erg_s / units::solar_luminosity_erg_s;
  for (std::size_t age = 0; age < burst.age_myr.size(); ++age) {
    // Fluxes, and after them spectral indices: on the same line or the next.
    if (!numbers.next_line(line)) numbers.fail("the end of the file", "a spectrum for every age");
    const std::size_t waves = burst.wavelength_angstrom.size();
    if (line.empty() || line.front() != static_cast<double>(waves))
      numbers.fail("no spectrum", fmt::format("{} fluxes", waves));
    std::vector<double> values = counted(numbers, line, "fluxes");
    if (values.size() == waves) {
      if (!numbers.next_line(line)) numbers.fail("the end of the file", "the spectral indices");
      values.insert(values.end(), line.begin(), line.end());
    }
    if (values.size() > waves)
      fill(numbers, values, waves + 1 + static_cast<std::size_t>(values[waves]), "indices");
    for (std::size_t i = 0; i < waves; ++i) burst.luminosity.push_back(as_light(unit * values[i]));
  }
  return burst;
}

double bpass_metallicity(const fs::path& path) {
  std::smatch match;
  const std::string name = path.filename().string();
  if (!std::regex_search(name, match, std::regex("\\.z(em[45]|[0-9]{3})\\.")))
    refuse(path, "metallicity", "the name " + name, "a name with .z001. ... .z040., .zem4. or .zem5.");
  const std::string text = match[1].str();
  if (text.starts_with("em")) return text == "em4" ? 1e-4 : 1e-5;
  return std::stod(text) * 1e-3;
}

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

/// Rows in blocks of one age each: age [Myr], wavelength, luminosity [Lsun/Angstrom/Msun].
class Blocks {
 public:
  explicit Blocks(Burst& burst) : burst_(burst) {}
  void add(const Numbers& numbers, double age_myr, double wavelength, double luminosity) {
    if (burst_.age_myr.empty() || age_myr != burst_.age_myr.back()) {
      check(numbers);
      burst_.age_myr.push_back(age_myr);
      row_ = 0;
    }
    std::vector<double>& waves = burst_.wavelength_angstrom;
    if (burst_.age_myr.size() == 1) waves.push_back(wavelength);
    else if (row_ >= waves.size() || waves[row_] != wavelength)
      numbers.fail(fmt::format("wavelength {:g}", wavelength), "the wavelengths of the first age");
    burst_.luminosity.push_back(as_light(luminosity));
    ++row_;
  }
  void check(const Numbers& numbers) const {
    if (row_ != burst_.wavelength_angstrom.size())
      numbers.fail(fmt::format("{} wavelengths", row_),
                   fmt::format("{} as at the first age", burst_.wavelength_angstrom.size()));
  }

 private:
  Burst& burst_;
  std::size_t row_ = 0;
};

Burst read_starburst99(const fs::path& path, const LibrarySource& source) {
  Burst burst;
  burst.metallicity = given_metallicity(source, path);
  Blocks blocks(burst);
  Numbers numbers(path);
  std::vector<double> line;
  while (numbers.next_line(line)) {
    if (line.empty() && burst.age_myr.empty()) continue;  // the head
    if (line.empty()) continue;
    if (line.size() < 4) {
      if (burst.age_myr.empty()) continue;
      numbers.fail(fmt::format("{} numbers", line.size()),
                   "time, wavelength, log total, log stellar, log nebular");
    }
    blocks.add(numbers, line[0] * 1e-6, line[1],
               std::pow(10, line[3]) / source.mass_msun / units::solar_luminosity_erg_s);
  }
  blocks.check(numbers);
  return burst;
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

// ---- joining

void drop_age_zero(Burst& burst) {
  std::size_t zero = 0;
  while (zero < burst.age_myr.size() && !(burst.age_myr[zero] > 0)) ++zero;
  const auto cut = [](auto& values, std::size_t count) {
    values.erase(values.begin(),
                 values.begin() + static_cast<std::ptrdiff_t>(std::min(count, values.size())));
  };
  cut(burst.age_myr, zero);
  cut(burst.luminosity, zero * burst.wavelength_angstrom.size());
  if (!burst.surviving_mass.empty()) cut(burst.surviving_mass, zero);
}

Library join(std::vector<Burst> bursts, Library library, const fs::path& path) {
  std::sort(bursts.begin(), bursts.end(),
            [](const Burst& a, const Burst& b) { return a.metallicity < b.metallicity; });
  for (Burst& burst : bursts) {
    drop_age_zero(burst);
    if (library.metallicity.empty()) {
      library.wavelength_angstrom = burst.wavelength_angstrom;
      library.age_myr = burst.age_myr;
    }
    if (burst.wavelength_angstrom != library.wavelength_angstrom || burst.age_myr != library.age_myr)
      refuse(path, "ages and wavelengths", fmt::format("others for Z = {:g}", burst.metallicity),
             "the same for all metallicities");
    if (!library.metallicity.empty() && library.metallicity.back() == burst.metallicity)
      refuse(path, "metallicity", fmt::format("Z = {:g} twice", burst.metallicity), "one file a metallicity");
    library.metallicity.push_back(burst.metallicity);
    append_spectra(library, burst.luminosity, burst.surviving_mass);
  }
  if (library.surviving_mass.size() != library.log_ionising_rate.size()) library.surviving_mass.clear();
  return library;
}

std::string format_of(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.ends_with(".ised") || name.ends_with(".ised.gz")) return "bc03";
  if (name.find("ised_ASCII") != std::string::npos) return "bc03_ascii";
  if (name.starts_with("spectra-")) return "bpass";
  if (name.find(".spectrum1") != std::string::npos) return "starburst99";
  if (name.starts_with("sed.")) return "maraston2005";
  if (name.ends_with(".fits") || name.ends_with(".fits.gz")) {
    for (const std::string& hdu : io::fits_hdu_names(path))
      if (hdu.ends_with("(STELLAR)")) return "cubes";
    return "layout";
  }
  refuse(path, "format", "the name " + name, "a name that tells the format, or --format");
}

struct Origin {
  const char *name, *imf, *tracks, *citation;
};
Origin origin_of(const std::string& format) {
  static const std::map<std::string, Origin> known{
      {"bc03_ascii", {"bc03", "", "", "Bruzual & Charlot 2003, MNRAS 344, 1000"}},
      {"bpass",
       {"bpass-2.2", "", "Cambridge STARS, with binaries", "Stanway & Eldridge 2018, MNRAS 479, 75"}},
      {"starburst99", {"starburst99", "", "", "Leitherer et al. 1999, ApJS 123, 3"}},
      {"maraston2005",
       {"maraston2005", "", "Cassisi et al., fuel consumption", "Maraston 2005, MNRAS 362, 799"}}};
  const auto at = known.find(format);
  return at == known.end() ? Origin{"", "", "", ""} : at->second;
}

std::string bpass_imf(const fs::path& path) {
  std::smatch match;
  const std::string name = path.filename().string();
  if (!std::regex_search(name, match, std::regex("imf_?([A-Za-z0-9_]+)"))) return "";
  return "BPASS " + match[1].str();
}

Library read_bursts(const LibrarySource& source, const std::string& format) {
  std::vector<Burst> bursts;
  Library library;
  for (const fs::path& path : source.files) {
    if (format == "cubes") library = read_cubes(source, path, bursts);
    else if (format == "bc03_ascii") bursts.push_back(read_bc03_ascii(path));
    else if (format == "bpass") bursts.push_back(read_bpass(path));
    else if (format == "starburst99") bursts.push_back(read_starburst99(path, source));
    else bursts.push_back(read_maraston2005(path));
  }
  const Origin origin = origin_of(format);
  if (library.name.empty()) library.name = origin.name;
  library.tracks = library.tracks.empty() ? origin.tracks : library.tracks;
  library.citation = origin.citation;
  if (format == "bpass") library.imf = bpass_imf(source.files.front());
  return join(std::move(bursts), std::move(library), source.files.front());
}

}  // namespace

std::vector<std::string> library_formats() {
  return {"auto", "layout", "cubes", "bc03", "bc03_ascii", "bpass", "starburst99", "maraston2005"};
}

Library convert_library(const LibrarySource& source) {
  if (source.files.empty()) throw InputError({"", "library files", "none", "one file or more"});
  for (const fs::path& path : source.files) io::require_file(path, "library file");
  const std::string format = source.format == "auto" ? format_of(source.files.front()) : source.format;
  const std::vector<std::string> known = library_formats();
  if (std::find(known.begin(), known.end(), format) == known.end())
    throw InputError({"", "--format", "'" + format + "'", fmt::format("{}", fmt::join(known, ", "))});
  if (format == "layout" && source.files.size() > 1)
    refuse(source.files[1], "library files", "a second file", "one file of the layout");
  Library library = format == "layout" ? read_library(source.files.front())
                    : format == "bc03" ? read_bc03(source.files)
                                       : read_bursts(source, format);
  if (!source.name.empty()) library.name = source.name;
  if (!source.imf.empty()) library.imf = source.imf;
  if (!source.tracks.empty()) library.tracks = source.tracks;
  if (!source.citation.empty()) library.citation = source.citation;
  check_library(library, source.files.front());
  return library;
}

}  // namespace arcproof::sed

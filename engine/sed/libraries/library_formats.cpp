// Formats that libraries come in. Each reader makes bursts, one a metallicity, which are joined here.
#include "engine/sed/libraries/library_formats.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "engine/sed/libraries/bc03.h"
#include "engine/sed/libraries/library_file.h"
#include "engine/sed/libraries/library_fsps.h"
#include "engine/sed/libraries/library_galaxev.h"
#include "engine/sed/libraries/library_published.h"
#include "engine/sed/libraries/library_yggdrasil.h"

#include <algorithm>
#include <limits>
#include <map>
#include <regex>

#include <fmt/format.h>

namespace arcproof::sed {
namespace fs = std::filesystem;
namespace {

using namespace formats;

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

std::string format_of(const fs::path& path, const FieldNames& names) {
  const std::string name = path.filename().string();
  if (name.ends_with(".ised") || name.ends_with(".ised.gz")) return "bc03";
  if (name.find("ised_ASCII") != std::string::npos) return "bc03_ascii";
  if (name.starts_with("spectra-")) return "bpass";
  if (name.find("_SFR_") != std::string::npos) return "yggdrasil";
  if (name.ends_with(".spec") || name.ends_with(".spec.gz")) return "fsps";
  if (name.find(".spectrum1") != std::string::npos) return "starburst99";
  if (name.starts_with("sed.")) return "maraston2005";
  if (name.ends_with(".fits") || name.ends_with(".fits.gz")) {
    for (const std::string& hdu : io::fits_hdu_names(path))
      if (hdu.ends_with("(STELLAR)")) return "cubes";
    return "layout";
  }
  refuse(path, "format", "the name " + name, "a name that tells the format, or " + called(names, "format"));
}

struct Origin {
  const char *name, *imf, *tracks, *citation;
};
Origin origin_of(const std::string& format) {
  static const std::map<std::string, Origin> known{
      {"bpass",
       {"bpass-2.2", "", "Cambridge STARS, with binaries", "Stanway & Eldridge 2018, MNRAS 479, 75"}},
      {"starburst99", {"starburst99", "", "", "Leitherer et al. 1999, ApJS 123, 3"}},
      {"maraston2005",
       {"maraston2005", "", "Cassisi et al., fuel consumption", "Maraston 2005, MNRAS 362, 799"}},
      {"yggdrasil", {"yggdrasil", "", "", "Zackrisson et al. 2011, ApJ 740, 13"}},
      {"fsps",
       {"fsps", "", "", "Conroy, Gunn & White 2009, ApJ 699, 486; Conroy & Gunn 2010, ApJ 712, 833"}}};
  const auto at = known.find(format);
  return at == known.end() ? Origin{"", "", "", ""} : at->second;
}

std::string bpass_imf(const fs::path& path) {
  std::smatch match;
  const std::string name = path.filename().string();
  if (!std::regex_search(name, match, std::regex("imf_?([A-Za-z0-9_]+)"))) return "";
  return "BPASS " + match[1].str();
}

std::string maraston_imf(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.find("ssz") != std::string::npos) return "Salpeter (1955), 0.1-100 Msun";
  if (name.find("krz") != std::string::npos) return "Kroupa (2001), 0.1-100 Msun";
  return "";
}

/// What the name of the first file says of all.
void describe_by_name(const fs::path& path, const std::string& format, Library& library) {
  if (format == "bc03_ascii") describe_galaxev(galaxev_name(path), library);
  if (format == "maraston2005") library.imf = maraston_imf(path);
  if (format != "bpass") return;
  library.imf = bpass_imf(path);
  std::smatch match;
  const std::string name = path.filename().string();
  if (!std::regex_search(name, match, std::regex("\\.a([+-][0-9]+)\\."))) return;
  library.name = "bpass-2.3-a" + match[1].str();
  library.citation = "Byrne et al. 2022, MNRAS 512, 5329; " + library.citation;
}

/// Spectra with gas in them: no ionising photons are left to light up more.
void mark_gas(const std::vector<fs::path>& files, Library& library) {
  const double covering = yggdrasil_covering_fraction(files.front());
  for (const fs::path& path : files)
    if (yggdrasil_covering_fraction(path) != covering)
      refuse(path, "covering fraction", fmt::format("{:g}", yggdrasil_covering_fraction(path)),
             fmt::format("{:g}, as of {}", covering, files.front().string()));
  if (covering == 0) return;
  library.name += fmt::format("-gas-{:g}", covering);
  for (double& rate : library.log_ionising_rate) rate = -std::numeric_limits<double>::infinity();
}

Library read_bursts(const LibrarySource& source, const std::string& format) {
  std::vector<Burst> bursts;
  Library library;
  for (const fs::path& path : source.files) {
    if (format == "cubes") library = read_cubes(source, path, bursts);
    else if (format == "bc03_ascii") bursts.push_back(read_bc03_ascii(path));
    else if (format == "bpass") bursts.push_back(read_bpass(path));
    else if (format == "starburst99") bursts.push_back(read_starburst99(path, source));
    else if (format == "yggdrasil") bursts.push_back(read_yggdrasil(path, source));
    else if (format == "fsps") bursts.push_back(read_fsps(path, source));
    else bursts.push_back(read_maraston2005(path));
  }
  const Origin origin = origin_of(format);
  if (library.name.empty()) library.name = origin.name;
  library.tracks = library.tracks.empty() ? origin.tracks : library.tracks;
  library.citation = origin.citation;
  describe_by_name(source.files.front(), format, library);
  library = join(std::move(bursts), std::move(library), source.files.front());
  if (format == "yggdrasil") mark_gas(source.files, library);
  return library;
}

}  // namespace

std::vector<std::string> library_formats() {
  return {"auto",  "layout",      "cubes",        "bc03",      "bc03_ascii",
          "bpass", "starburst99", "maraston2005", "yggdrasil", "fsps"};
}

Library convert_library(const LibrarySource& source) {
  require(source.mass_msun > 0 && source.metallicity >= 0 && source.solar_metallicity > 0,
          "LibrarySource: mass and solar metallicity above 0, metallicity 0 or above");
  if (source.files.empty()) throw InputError({"", "library files", "none", "one file or more"});
  for (const fs::path& path : source.files) io::require_file(path, "library file");
  const std::string format =
      source.format == "auto" ? format_of(source.files.front(), source.names) : source.format;
  const std::vector<std::string> known = library_formats();
  require(std::find(known.begin(), known.end(), format) != known.end(), "LibrarySource: a known format");
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

// Yggdrasil (Zackrisson et al. 2011, ApJ 740, 13): names such as Z=0.0004_kroupa_IMF_fcov_0_SFR_inst_Spectra.
// The mass of the burst [Msun] is in the first line; for each age some lines of text, among them the age [Myr]
// ("Age ...") and the number of wavelengths ("... points: ..."), then rows of wavelength [Angstrom] and
// luminosity [erg/s/Angstrom].
#include "engine/sed/libraries/library_yggdrasil.h"

#include "engine/core/error.h"

#include <regex>

#include <fmt/format.h>

namespace arcproof::sed::formats {
namespace fs = std::filesystem;
namespace {

double metallicity_of(const fs::path& path, const LibrarySource& source) {
  std::smatch match;
  const std::string name = path.filename().string();
  if (std::regex_search(name, match, std::regex("Z=([0-9.]+)"))) return std::stod(match[1].str());
  return given_metallicity(source, path);  // Population III
}

void check_burst(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.find("_SFR_") != std::string::npos && name.find("_SFR_inst") == std::string::npos)
    refuse(path, "history of star formation", "the name " + name, "a burst: SFR_inst");
}

/// Walks through a file; every row goes to the block of its age.
class Reader {
 public:
  Reader(const fs::path& path, Burst& burst) : numbers_(path), burst_(burst), blocks_(burst) {}

  void read() {
    std::vector<double> line;
    if (!numbers_.next_line(line)) numbers_.fail("an empty file", "the mass of the burst in the first line");
    mass_msun_ = numbers_.first_number();
    if (!(mass_msun_ > 0)) numbers_.fail(fmt::format("a mass of {:g}", mass_msun_), "a mass above 0");
    while (numbers_.next_line(line)) {
      if (line.empty()) read_text();
      else read_row(line);
    }
    finish_age();
    if (burst_.age_myr.empty()) numbers_.fail("no age", "lines that begin with Age");
  }

 private:
  void read_text() {
    const std::string_view text = numbers_.text();
    if (text.find("Age") != std::string_view::npos) {
      finish_age();
      age_myr_ = numbers_.first_number();
      rows_ = 0;
    } else if (text.find("points") != std::string_view::npos) {
      points_ = static_cast<std::size_t>(std::clamp(numbers_.first_number(), 0.0, 1e7));
    }
  }
  void read_row(const std::vector<double>& line) {
    if (line.size() != 2 || age_myr_ < 0)
      numbers_.fail(fmt::format("{} numbers{}", line.size(), age_myr_ < 0 ? " before an age" : ""),
                    "wavelength and luminosity, after a line with the age");
    blocks_.add(numbers_, age_myr_, line[0], line[1] / mass_msun_ / units::solar_luminosity_erg_s);
    ++rows_;
  }
  void finish_age() {
    if (age_myr_ < 0) return;
    if (rows_ == 0 || (points_ > 0 && rows_ != points_))
      numbers_.fail(fmt::format("{} wavelengths at {:g} Myr", rows_, age_myr_),
                    points_ > 0 ? fmt::format("{}, as it says", points_) : "one or more");
    blocks_.check(numbers_);
  }

  Numbers numbers_;
  Burst& burst_;
  Blocks blocks_;
  double mass_msun_ = 0, age_myr_ = -1;
  std::size_t rows_ = 0, points_ = 0;
};

}  // namespace

double yggdrasil_covering_fraction(const fs::path& path) {
  std::smatch match;
  const std::string name = path.filename().string();
  if (!std::regex_search(name, match, std::regex("fcov_([0-9]+(\\.[0-9]+)?)"))) return 0;
  return std::stod(match[1].str());
}

Burst read_yggdrasil(const fs::path& path, const LibrarySource& source) {
  check_burst(path);
  Burst burst;
  burst.metallicity = metallicity_of(path, source);
  Reader(path, burst).read();
  return burst;
}

}  // namespace arcproof::sed::formats

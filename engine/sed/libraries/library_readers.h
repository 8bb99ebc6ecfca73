// What the readers of all formats share (library_formats.h). Private to engine/sed.
#pragma once

#include "engine/core/units.h"
#include "engine/sed/libraries/library_formats.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace arcproof::sed::formats {

/// Luminosity of the Sun in the units of BC03 and BPASS [erg/s]; ours is units::solar_luminosity_erg_s.
inline constexpr double old_solar_luminosity_erg_s = 3.826e33;

/// One metallicity.
struct Burst {
  double metallicity = 0;
  std::vector<double> wavelength_angstrom, age_myr;
  std::vector<float> luminosity;       ///< [age * wavelengths + wavelength]
  std::vector<double> surviving_mass;  ///< empty where unknown
};

/// The metallicity that the user gives; InputError if the user gives no metallicity.
double given_metallicity(const LibrarySource& source, const std::filesystem::path& path);

/// Luminosities that a model's rounding made negative are 0.
inline float as_light(double value) { return static_cast<float>(std::max(0.0, value)); }

/// Numbers of a text, line by line.
class Numbers {
 public:
  explicit Numbers(const std::filesystem::path& path);

  /// The numbers of the next line; false at the end. A word that is not a number ends the line. Fortran's 0.123-105,
  /// an exponent of three digits without its letter, is a number, and what is too small for one is 0.
  bool next_line(std::vector<double>& numbers);
  /// The line last read, as it stands.
  std::string_view text() const { return line_; }
  /// The first number among the words of that line (between blanks, colons, equal signs and brackets).
  double first_number() const;

  /// InputError naming file and line.
  [[noreturn]] void fail(const std::string& found, const std::string& allowed) const;

 private:
  std::filesystem::path path_;
  std::string all_;
  std::string_view line_;
  std::size_t at_ = 0;
  int number_ = 0;
};

/// Numbers of consecutive lines until there are `count`, after those already in `values`.
void fill(Numbers& numbers, std::vector<double>& values, std::size_t count, const char* what);
/// A counted list that begins with `line`.
std::vector<double> counted(Numbers& numbers, const std::vector<double>& line, const char* what);

/// Puts rows of (age, wavelength, luminosity) together: ages one after another, all with the wavelengths of
/// the first.
class Blocks {
 public:
  explicit Blocks(Burst& burst) : burst_(burst) {}
  void add(const Numbers& numbers, double age_myr, double wavelength, double luminosity);
  /// After the last row: the last age must be whole.
  void check(const Numbers& numbers) const;

 private:
  Burst& burst_;
  std::size_t row_ = 0;
};

}  // namespace arcproof::sed::formats

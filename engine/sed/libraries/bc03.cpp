// The .ised files of GALAXEV (Bruzual & Charlot 2003). Fortran unformatted records, each between two copies
// of its length, a number of 4 bytes (of 8 in the models of 2007, "cb2007", written by an older compiler):
//
//   1          number of ages n, ages [yr], then the IMF, titles and switches, which are not needed
//   2          number of wavelengths w, wavelengths [Angstrom]
//   3 ... n+2  w, spectrum [Lsun / Angstrom per Msun formed], number of fitting-function values, those values
//   n+3 ...    n, one evolving quantity: (counted from 0) 1 is the mass in living stars, 9 in remnants, 12 in
//              returned gas
#include "engine/sed/libraries/bc03.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/files.h"
#include "engine/sed/libraries/library_galaxev.h"
#include "engine/sed/libraries/library_readers.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace arcproof::sed {
namespace fs = std::filesystem;
namespace {

constexpr const char* an_ised_file = "a whole .ised file of Bruzual & Charlot (2003)";

/// The bytes of one record, as 4-byte words of the file's byte order.
class Record {
 public:
  Record(const char* data, std::size_t bytes, bool swapped)
      : data_(data), words_(bytes / 4), swapped_(swapped) {}

  std::size_t words() const { return words_; }
  std::int32_t integer(std::size_t word) const { return std::bit_cast<std::int32_t>(raw(word)); }
  float real(std::size_t word) const { return std::bit_cast<float>(raw(word)); }

 private:
  std::uint32_t raw(std::size_t word) const {
    std::uint32_t value = 0;
    std::memcpy(&value, data_ + 4 * word, 4);
    return swapped_ ? __builtin_bswap32(value) : value;
  }
  const char* data_;
  std::size_t words_;
  bool swapped_;
};

/// How a compiler frames its records.
struct Framing {
  bool swapped = false;          ///< byte order
  std::size_t length_bytes = 4;  ///< of the length before and after
};

/// Walks the records of a file.
class RecordReader {
 public:
  RecordReader(std::string bytes, std::string file) : bytes_(std::move(bytes)), file_(std::move(file)) {
    for (const Framing framing : {Framing{false, 4}, Framing{true, 4}, Framing{false, 8}, Framing{true, 8}}) {
      framing_ = framing;
      if (frames_a_record()) return;
    }
    fail("no Fortran record at the start");
  }

  bool at_end() const { return position_ >= bytes_.size(); }

  Record next() {
    ++number_;
    const std::optional<std::size_t> length = length_at(position_);
    if (!length || length_at(position_ + framing_.length_bytes + *length) != length)
      fail("the file ends inside it, or it is damaged");
    const Record record(bytes_.data() + position_ + framing_.length_bytes, *length, framing_.swapped);
    position_ += 2 * framing_.length_bytes + *length;
    return record;
  }

  /// A record that starts with a count and holds at least that many words after it.
  Record next_counted(std::size_t* count) {
    const Record record = next();
    const std::int32_t stated = record.words() > 0 ? record.integer(0) : 0;
    if (stated <= 0 || static_cast<std::size_t>(stated) >= record.words())
      fail(fmt::format("a count of {} in {} words", stated, record.words()));
    *count = static_cast<std::size_t>(stated);
    return record;
  }

  [[noreturn]] void fail(const std::string& found) const {
    throw InputError({file_, fmt::format("record {}", std::max(number_, 1)), found, an_ised_file});
  }

 private:
  std::optional<std::size_t> length_at(std::size_t position) const {
    if (position > bytes_.size() || bytes_.size() - position < framing_.length_bytes) return std::nullopt;
    const Record words(bytes_.data() + position, framing_.length_bytes, framing_.swapped);
    // Of eight bytes the upper four must be 0.
    const bool upper_first = framing_.swapped && framing_.length_bytes == 8;
    if (framing_.length_bytes == 8 && words.integer(upper_first ? 0 : 1) != 0) return std::nullopt;
    const std::int32_t length = words.integer(upper_first ? 1 : 0);
    if (length < 0) return std::nullopt;
    return static_cast<std::size_t>(length);
  }
  bool frames_a_record() const {
    const std::optional<std::size_t> length = length_at(0);
    return length && *length > 0 && length_at(framing_.length_bytes + *length) == length;
  }

  std::string bytes_, file_;
  Framing framing_;
  std::size_t position_ = 0;
  int number_ = 0;
};

std::vector<double> increasing(const RecordReader& reader, const Record& record, std::size_t count,
                               const char* what) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = record.real(1 + i);
    if (!std::isfinite(values[i]) || values[i] < 0 || (i > 0 && values[i] <= values[i - 1]))
      reader.fail(fmt::format("{} that do not increase at number {}", what, i + 1));
  }
  return values;
}

/// One file, its age 0 dropped.
struct IsedBurst {
  std::vector<double> age_myr, wavelength_angstrom;
  std::vector<float> luminosity;
  std::vector<double> surviving_mass;
};

void read_spectra(RecordReader& reader, std::size_t ages, std::size_t first, IsedBurst& burst) {
  const std::size_t wavelengths = burst.wavelength_angstrom.size();
  constexpr double to_nominal_sun = formats::old_solar_luminosity_erg_s / units::solar_luminosity_erg_s;
  burst.luminosity.reserve((ages - first) * wavelengths);
  for (std::size_t age = 0; age < ages; ++age) {
    std::size_t count = 0;
    const Record record = reader.next_counted(&count);
    if (count != wavelengths)
      reader.fail(fmt::format("a spectrum of {} for {} wavelengths", count, wavelengths));
    for (std::size_t i = 0; age >= first && i < wavelengths; ++i) {
      const double value = record.real(1 + i) * to_nominal_sun;
      if (!std::isfinite(value) || value < 0) reader.fail(fmt::format("a luminosity of {}", value));
      burst.luminosity.push_back(static_cast<float>(value));
    }
  }
}

/// Living stars and remnants, where the records that follow the spectra are recognised: the three masses add
/// up to 1.
std::vector<double> read_surviving_mass(RecordReader& reader, std::size_t ages, std::size_t first) {
  std::vector<std::vector<double>> evolution;
  while (!reader.at_end()) {
    std::size_t count = 0;
    const Record record = reader.next_counted(&count);
    if (count != ages) return {};
    std::vector<double>& values = evolution.emplace_back();
    for (std::size_t i = first; i < ages; ++i) values.push_back(record.real(1 + i));
  }
  constexpr std::size_t living = 1, remnants = 9, gas = 12;
  if (evolution.size() <= gas) return {};
  std::vector<double> mass(ages - first);
  for (std::size_t i = 0; i < mass.size(); ++i) {
    mass[i] = evolution[living][i] + evolution[remnants][i];
    if (std::abs(mass[i] + evolution[gas][i] - 1) > 1e-3) return {};
  }
  return mass;
}

IsedBurst read_burst(const fs::path& path) {
  RecordReader reader(io::read_possibly_gzipped(path), path.string());
  IsedBurst burst;
  std::size_t ages = 0, wavelengths = 0;
  const Record age_record = reader.next_counted(&ages);
  burst.age_myr = increasing(reader, age_record, ages, "ages");
  const Record wavelength_record = reader.next_counted(&wavelengths);
  burst.wavelength_angstrom = increasing(reader, wavelength_record, wavelengths, "wavelengths");
  const std::size_t first = burst.age_myr.front() == 0 ? 1 : 0;
  if (ages < first + 2 || wavelengths < 2)
    reader.fail(fmt::format("{} ages, {} wavelengths", ages, wavelengths));
  read_spectra(reader, ages, first, burst);
  burst.surviving_mass = read_surviving_mass(reader, ages, first);
  burst.age_myr.erase(burst.age_myr.begin(), burst.age_myr.begin() + static_cast<std::ptrdiff_t>(first));
  for (double& age : burst.age_myr) age *= 1e-6;
  return burst;
}

void append(Library& library, IsedBurst&& burst, const fs::path& file, const fs::path& first_file) {
  if (library.metallicity.empty()) {
    library.wavelength_angstrom = std::move(burst.wavelength_angstrom);
    library.age_myr = std::move(burst.age_myr);
  } else if (burst.wavelength_angstrom != library.wavelength_angstrom || burst.age_myr != library.age_myr) {
    throw InputError({file.string(), "ages and wavelengths",
                      fmt::format("other ones than in {}", first_file.string()),
                      "files of one atlas, with the same ages and wavelengths"});
  }
  append_spectra(library, burst.luminosity, burst.surviving_mass);
}

}  // namespace

Library read_bc03(const std::vector<fs::path>& files) {
  if (files.empty()) throw InputError({"", "library files", "none", "one .ised file or more"});
  std::map<double, fs::path> by_metallicity;
  for (const fs::path& file : files) {
    const auto [place, added] = by_metallicity.emplace(formats::galaxev_name(file).metallicity, file);
    if (!added)
      throw InputError({file.string(), "metallicity", fmt::format("the same as {}", place->second.string()),
                        "one file a metallicity"});
  }
  Library library;
  formats::describe_galaxev(formats::galaxev_name(files.front()), library);
  for (const auto& [metallicity, file] : by_metallicity) {
    append(library, read_burst(file), file, by_metallicity.begin()->second);
    library.metallicity.push_back(metallicity);
  }
  if (library.surviving_mass.size() != library.log_ionising_rate.size()) library.surviving_mass.clear();
  return library;
}

}  // namespace arcproof::sed

// What the readers of text formats share.
#include "engine/sed/libraries/library_readers.h"

#include "engine/core/error.h"
#include "engine/io/files.h"

#include <cctype>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace arcproof::sed::formats {
namespace fs = std::filesystem;
namespace {

bool blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// "-105" after a mantissa: Fortran's exponent of three digits.
std::optional<double> bare_exponent(std::string_view text) {
  if (text.size() != 4 || (text[0] != '-' && text[0] != '+')) return std::nullopt;
  if (!digit(text[1]) || !digit(text[2]) || !digit(text[3])) return std::nullopt;
  const int value = 100 * (text[1] - '0') + 10 * (text[2] - '0') + (text[3] - '0');
  return text[0] == '-' ? -value : value;
}

/// The whole word as a number.
std::optional<double> number_of(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  double value = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (error == std::errc::invalid_argument) return std::nullopt;
  const std::string_view left(stop, static_cast<std::size_t>(end - stop));
  if (error == std::errc::result_out_of_range) {
    // Too small or too large: the sign of the exponent tells.
    if (!left.empty() || word.find('-', 1) == std::string_view::npos) return std::nullopt;
    return 0.0;
  }
  if (!std::isfinite(value)) return std::nullopt;
  if (left.empty()) return value;
  const std::optional<double> exponent = bare_exponent(left);
  if (!exponent) return std::nullopt;
  return value * std::pow(10, *exponent);
}

}  // namespace

double given_metallicity(const LibrarySource& source, const fs::path& path) {
  if (!(source.metallicity > 0))
    refuse(path, "metallicity", "none in the file", "a number Z with " + called(source.names, "metallicity"));
  return source.metallicity;
}

Numbers::Numbers(const fs::path& path) : path_(path), all_(io::read_possibly_gzipped(path)) {}

bool Numbers::next_line(std::vector<double>& numbers) {
  numbers.clear();
  if (at_ >= all_.size()) return false;
  ++number_;
  const std::size_t end = std::min(all_.find('\n', at_), all_.size());
  line_ = std::string_view(all_).substr(at_, end - at_);
  at_ = end + 1;
  for (std::size_t i = 0; i < line_.size();) {
    if (blank(line_[i])) {
      ++i;
      continue;
    }
    std::size_t stop = i;
    while (stop < line_.size() && !blank(line_[stop])) ++stop;
    const std::optional<double> value = number_of(line_.substr(i, stop - i));
    if (!value) break;
    numbers.push_back(*value);
    i = stop;
  }
  return true;
}

double Numbers::first_number() const {
  constexpr std::string_view separators = " \t\r:=()[],;";
  for (std::size_t i = 0; i < line_.size();) {
    const std::size_t from = line_.find_first_not_of(separators, i);
    if (from == std::string_view::npos) break;
    i = std::min(line_.find_first_of(separators, from), line_.size());
    if (const std::optional<double> value = number_of(line_.substr(from, i - from))) return *value;
  }
  fail("'" + std::string(line_) + "'", "a number in this line");
}

void Numbers::fail(const std::string& found, const std::string& allowed) const {
  refuse(path_, fmt::format("line {}", number_), found, allowed);
}

void fill(Numbers& numbers, std::vector<double>& values, std::size_t count, const char* what) {
  std::vector<double> line;
  while (values.size() < count) {
    if (!numbers.next_line(line) || line.empty())
      numbers.fail(fmt::format("{} of {} {}", values.size(), count, what), "all of them");
    values.insert(values.end(), line.begin(), line.end());
  }
}

std::vector<double> counted(Numbers& numbers, const std::vector<double>& line, const char* what) {
  const double count = line.empty() ? 0 : line.front();
  if (!(count >= 1 && count < 1e6 && count == std::floor(count)))
    numbers.fail(fmt::format("no number of {}", what), fmt::format("the number of {}", what));
  std::vector<double> values(line.begin() + 1, line.end());
  fill(numbers, values, static_cast<std::size_t>(count), what);
  return values;
}

void Blocks::add(const Numbers& numbers, double age_myr, double wavelength, double luminosity) {
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

void Blocks::check(const Numbers& numbers) const {
  if (row_ != burst_.wavelength_angstrom.size())
    numbers.fail(fmt::format("{} wavelengths", row_),
                 fmt::format("{} as at the first age", burst_.wavelength_angstrom.size()));
}

}  // namespace arcproof::sed::formats

#include "engine/lens/lenstool/text.h"

#include "engine/core/error.h"
#include "engine/core/text.h"
#include "engine/io/files.h"

#include <charconv>
#include <cmath>
#include <sstream>

namespace arcproof::lens {
namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

}  // namespace

std::vector<TextLine> lines_of(const std::filesystem::path& file) {
  std::istringstream stream(io::read_text(file));
  std::vector<TextLine> lines;
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    const std::string text = trimmed(line);
    if (!text.empty()) lines.push_back({number, words_of(text), text});
  }
  return lines;
}

double number_of(const std::filesystem::path& file, const std::string& key, const std::string& word) {
  // from_chars knows no leading plus sign, which Fortran and C write.
  const std::string_view digits = std::string_view(word).substr(word.starts_with('+') ? 1 : 0);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!whole || !std::isfinite(value)) {
    throw InputError({file.string(), key, word.empty() ? "nothing" : word, "a finite number"});
  }
  return value;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string all;
  for (const std::string& word : words) {
    if (!all.empty()) all += separator;
    all += word;
  }
  return all;
}

std::string text_of(double value) {
  std::ostringstream stream;
  stream << value;
  return stream.str();
}

}  // namespace arcproof::lens

// Text.
#pragma once

#include <algorithm>
#include <string>

namespace arcproof {

/// ASCII capitals made small: bands are "F150W" in recipes and "f150w" in column names.
inline std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// Without the blanks and line ends at its ends.
inline std::string trimmed(const std::string& text) {
  constexpr const char* blank = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(blank);
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

}  // namespace arcproof
